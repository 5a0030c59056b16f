"""Log records: the events of Claude Code and Cowork (`events.yaml`), and of whoever else sends any."""

from typing import Any

import orjson

from forwarder.ocsf.agent.assembly import Draft, assembled
from forwarder.ocsf.agent.identity import log_uid
from forwarder.ocsf.agent.moments import in_ms, moment_ms
from forwarder.ocsf.agent.naming import event_name, full_name, short_name
from forwarder.ocsf.agent.origins import Known, known
from forwarder.ocsf.agent.table import events, fallback
from forwarder.ocsf.agent.telemetry import LogRecord
from forwarder.ocsf.core.cleaning import clean, clean_object
from forwarder.ocsf.core.times import milliseconds
from forwarder.privacy import Mode, guarded, guarded_text
from forwarder.records import Event, Receipt

BODY = "body"


def log_event(record: LogRecord, receipt: Receipt, mode: Mode) -> Event:
    """The event of a log record. Raises `Reject` for one whose times cannot be true."""
    origin = known(record.origin, mode)
    try:
        return assembled(_draft(record, origin, receipt, mode, clean_all=False), origin, receipt)
    except orjson.JSONEncodeError:
        # A lone surrogate or an integer beyond 64 bits, which few records hold: clean all of it, once more.
        return assembled(_draft(record, origin, receipt, mode, clean_all=True), origin, receipt)


def _draft(record: LogRecord, origin: Known, receipt: Receipt, mode: Mode, *, clean_all: bool) -> Draft:
    name = event_name(record)
    short = short_name(name)
    code = full_name(short, origin)
    given = record.attributes
    held = guarded({**given, **_words(record, mode, name)}, mode)
    attributes = clean_object(held.kept) if clean_all else held.kept
    stamp = milliseconds(given.get("event.timestamp")) or 0
    time_ms = moment_ms((stamp, in_ms(record.time_ns), in_ms(record.observed_ns)), receipt.logged_ms)
    uid, plan = log_uid(record, name), events().get(short) or fallback(short)
    log_name = f"{origin.service.log}.events"
    return Draft(
        uid, code, log_name, time_ms, plan, attributes, held.content, _trace(record), _left(record, code, mode)
    )


def _words(record: LogRecord, mode: Mode, name: str) -> dict[str, Any]:
    """The body, where it is more than the event's name: what it says is content."""
    body = record.body
    if body is None or body == "" or (body.__class__ is str and short_name(body) == short_name(name)):
        return {}
    return {BODY if BODY not in record.attributes else "log_body": body}


def _trace(record: LogRecord) -> dict[str, Any] | None:
    return {"uid": record.trace_id} if record.trace_id else None


def _left(record: LogRecord, code: str, mode: Mode) -> dict[str, Any]:
    """Fields of the record, beside its attributes, that OCSF has no attribute for."""
    left: dict[str, Any] = {}
    if record.span_id:
        left["span_id"] = record.span_id
    if record.severity_number:
        left["severity_number"] = record.severity_number
    for key, value in (("severity_text", record.severity_text), ("event_name", record.name)):
        if value and value != code:
            left[key] = clean(guarded_text(value, mode))
    return left
