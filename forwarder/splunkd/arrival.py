"""How many of a run's events can be searched."""

from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.jobs import Range, run
from forwarder.splunkd.sending import pattern

SECONDS = 60.0


def searchable(splunkd: Splunkd, index: str, whose: str, span: Range) -> dict[str, int]:
    """The number of events by `source`, of the run `whose`, within `span`. Raises as `jobs.run`."""
    search = f'| tstats count where index="{index}" source="{pattern(whose)}" by source'
    return {str(row["source"]): int(row["count"]) for row in run(splunkd, search, span, SECONDS)}
