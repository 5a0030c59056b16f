"""A request's records in, events out, and what was refused with the reason the client is told."""

from collections.abc import Iterable
from typing import NamedTuple

from forwarder.errors import Reject
from forwarder.ocsf.agent.logs import log_event
from forwarder.ocsf.agent.points import point_event
from forwarder.ocsf.agent.spans import span_event
from forwarder.ocsf.agent.telemetry import LogRecord, Span, Telemetry
from forwarder.privacy import Mode
from forwarder.records import Event, Receipt

REASONS = 5
"""How many reasons an answer tells."""


class Decoded(NamedTuple):
    """What became of some records."""

    events: list[Event]
    rejected: int
    reasons: tuple[str, ...]
    """Of the first few that were refused; free of content."""


def events_of(records: Iterable[Telemetry], receipt: Receipt, mode: Mode) -> Decoded:
    """An event a record, in order. A record that is refused stops none of the others."""
    events: list[Event] = []
    rejected: list[str] = []
    for record in records:
        try:
            events.append(_event(record, receipt, mode))
        except Reject as refusal:
            rejected.append(f"{refusal.reason}: {refusal}")
        except Exception as fault:  # A fault of ours must not stop the records behind it.
            rejected.append(f"fault: {type(fault).__name__}")
    return Decoded(events, len(rejected), tuple(rejected[:REASONS]))


def _event(record: Telemetry, receipt: Receipt, mode: Mode) -> Event:
    if isinstance(record, LogRecord):
        return log_event(record, receipt, mode)
    return span_event(record, receipt, mode) if isinstance(record, Span) else point_event(record, receipt, mode)
