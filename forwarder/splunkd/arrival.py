"""The wait until what was sent can be searched."""

import time
from collections.abc import Callable, Mapping

from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.jobs import Range, run

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
SECONDS = 60.0


def await_events(
    splunkd: Splunkd,
    search: str,
    sent: Mapping[str, int],
    span: Range,
    wait: float,
    told: Callable[[int], None],
) -> dict[str, int]:
    """How many events, by `source`, are not searchable after `wait` seconds at most.

    `search` counts by `source` within `span`; `told` hears how many sources are there. Raises as `jobs.run`.
    """
    until, pause, lacking = time.monotonic() + wait, FIRST_PAUSE, dict(sent)
    while lacking:
        there = {str(row["source"]): int(row["count"]) for row in run(splunkd, search, span, SECONDS)}
        lacking = {source: n - there.get(source, 0) for source, n in sent.items() if n > there.get(source, 0)}
        told(len(sent) - len(lacking))
        if time.monotonic() > until:
            break
        if lacking:
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)
    return lacking
