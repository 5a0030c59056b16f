"""Log records as drafts: the events of Claude Code and Cowork (`events.yaml`) and of any other sender.

`metadata.uid` is made of what the client sent alone, so that an export that is sent again gives the same: resource,
session, sequence number, name and time; without session or sequence number the whole record.
"""

from functools import lru_cache
from typing import Any

from forwarder.ocsf.agent.catalogue import events, fallback
from forwarder.ocsf.agent.origins import KnownOrigin, canonical
from forwarder.ocsf.agent.plan import Draft
from forwarder.ocsf.agent.telemetry import LogRecord
from forwarder.ocsf.core.values import clean, instant, milliseconds, nanoseconds_to_ms
from forwarder.privacy import LONGEST, Mode, guarded, guarded_text, is_identifier
from forwarder.records import Receipt, namespace

BODY = "body"
_NAMESPACE = namespace("otlp.log")
_PREFIXES = ("claude_code.", "cowork.")


def log_draft(record: LogRecord, origin: KnownOrigin, receipt: Receipt, mode: Mode) -> Draft:
    """The draft of a log record."""
    name = event_name(record)
    short = short_name(name)
    code = f"{origin.service.code}.{short}" if origin.service.code else short
    given = record.attributes
    attributes, content = guarded({**given, **_body(record, name)}, mode)
    times = (
        milliseconds(given.get("event.timestamp")) or 0,
        nanoseconds_to_ms(record.time_ns),
        nanoseconds_to_ms(record.observed_ns),
    )
    time = instant(times, receipt.logged_ms)
    uid, plan = log_uid(record, name, origin), events().get(short) or fallback(short)
    trace = {"uid": record.trace_id} if record.trace_id else None
    unmapped = _unmapped(record, code, mode)
    return Draft(uid, code, "events", time, plan, attributes, content, trace, unmapped)


def log_uid(record: LogRecord, name: str, origin: KnownOrigin) -> str:
    """`metadata.uid` of a log record named `name`."""
    held = record.attributes
    session, sequence, timestamp = held.get("session.id"), held.get("event.sequence"), held.get("event.timestamp")
    if session and sequence is not None:
        parts: tuple[Any, ...] = (session, str(sequence), name, timestamp, record.time_ns)
    else:
        parts = (name, record.time_ns, record.severity_number, record.trace_id, record.span_id, record.body, held)
    return origin.uid(_NAMESPACE, canonical(parts))


def event_name(record: LogRecord) -> str:
    """`event_name`, else the attribute `event.name`, else a body that is an identifier, else `unknown`.

    Some SDKs send `event_name`, some only the attribute, all of them a body.
    """
    for given in (record.name, record.attributes.get("event.name"), record.body):
        if given.__class__ is str and 0 < len(given) <= LONGEST and is_identifier(given):
            return str(given)
    return "unknown"


@lru_cache(maxsize=4096)
def short_name(name: str) -> str:
    """The name as the documentation lists it, without the product."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _body(record: LogRecord, name: str) -> dict[str, Any]:
    """The body as an attribute, where it is more than the event's name: it is content."""
    body = record.body
    if body is None or body == "":
        return {}
    if body.__class__ is str and len(body) <= LONGEST and short_name(body) == short_name(name):
        return {}
    return {BODY if BODY not in record.attributes else "log_body": body}


def _unmapped(record: LogRecord, code: str, mode: Mode) -> dict[str, Any]:
    unmapped: dict[str, Any] = {}
    if record.span_id:
        unmapped["span_id"] = record.span_id
    if record.severity_number:
        unmapped["severity_number"] = record.severity_number
    for key, value in (("severity_text", record.severity_text), ("event_name", record.name)):
        if value and value != code:
            unmapped[key] = clean(guarded_text(value, mode))
    return unmapped
