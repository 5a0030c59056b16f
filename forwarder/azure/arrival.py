"""How many of a run's events can be queried."""

from collections.abc import Collection

from forwarder.azure.moment import literal
from forwarder.azure.queries import PARTIAL, SLOW, Queries
from forwarder.errors import Reject, Retry
from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES


def searchable(queries: Queries, run: str, since: float, streams: Collection[Stream]) -> dict[str, int]:
    """The number of rows by mark, of the run, in the tables of `streams`.

    Raises as `Queries.rows`, but `Retry` for a count that is slow or not whole.
    """
    try:
        rows = queries.rows(counting(run, since, streams))
    except Reject as refused:
        if refused.reason in (SLOW, PARTIAL):
            raise Retry(str(refused)) from None
        raise
    return {str(row["mark"]): int(row["events"]) for row in rows}


def counting(run: str, since: float, streams: Collection[Stream]) -> str:
    """The query that counts."""
    tables = ", ".join(TABLES[stream] for stream in STREAMS if stream in streams)
    return f"""union {tables}
| where TimeGenerated >= {literal(since)}
| extend mark = extract('{run}[0-9]+', 0, tostring(metadata.labels))
| where isnotempty(mark)
| summarize events = count() by mark"""
