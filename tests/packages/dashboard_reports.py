"""A forwarder's reports over two days: a start, a Splunk outage, half an hour without reports, two dead letters."""

from collections.abc import Iterator, Mapping
from typing import Any

from forwarder.ocsf.health import HealthEventKind, health_event
from forwarder.records import Event, Receipt, event_uid, namespace
from forwarder.simulator.clock import MINUTE
from forwarder.sources import SOURCES

REPORTS = 576
"""Five minutes apart; numbers count back from now."""
STOPPED = range(200, 206)
"""It did not run, and started again after."""
OUTAGE = range(150, 168)
"""Splunk did not answer."""
REFUSED = range(90)
"""Two dead letters lie there."""
LATE = 2
"""Rows found late, since the second start."""
_SPACE = namespace("forwarder-health")


def reports(now_us: int, instance: str) -> Iterator[Event]:
    """The events, the newest first."""
    for back in range(REPORTS):
        if back not in STOPPED:
            time_ms = (now_us - back * 5 * MINUTE) // 1000
            kind: HealthEventKind = "started" if back + 1 in (STOPPED.start, REPORTS) else "health"
            uid = event_uid(_SPACE, f"{instance}#{kind}#{back}")
            yield health_event(kind, figures(back), time_ms, uid, Receipt(time_ms, instance))


def figures(back: int) -> dict[str, Any]:
    """Content of the report `back` reports ago, in the format of `forwarder.pipeline.report`."""
    records = ((STOPPED.start if back < STOPPED.start else REPORTS) - 1 - back) * 50
    backlog = (OUTAGE.stop - back) * 40 if back in OUTAGE else 0
    dead_letters = 2 if back in REFUSED else 0
    late = LATE if back < STOPPED.start - 20 else 0
    lag = 95.0 + back % 7
    return {
        "version": "0.1.0",
        "red": {"sinks.splunk": "ConnectError [Errno 111] Connection refused"} if backlog else {},
        "store_bytes": backlog * 900,
        "totals": {
            "lag_seconds": lag,
            "late_finds": late,
            "beyond_overlap": 0,
            "backlog": backlog,
            "dead_letters": dead_letters,
        },
        "sources": dict(_sources(records, late, lag)),
        "sinks": {"splunk": {"delivered": max(records - backlog, 0), "backlog": backlog}},
        "dead_letters": {"activities/splunk": dead_letters} if dead_letters else {},
    }


def _sources(records: int, late: int, lag: float) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place, name in enumerate(SOURCES):
        own = {"records": records // (place + 1), "late_finds": 0 if place else late, "beyond_overlap": 0}
        unknown = {} if place else {"unknown_types": {"claude_hologram_created": 1, "claude_mirage_seen": 2}}
        yield name, {**own, "lag_seconds": lag - place, "clock_skew_seconds": 0.2, **unknown}
    yield "otlp", {"records": records // 20, "rejected": 0}
