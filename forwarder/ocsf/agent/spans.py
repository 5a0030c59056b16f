"""Spans as drafts: Office agents, the Claude API's own, and Claude Code's (`spans.yaml`). One event per ended span.

`metadata.uid` is made of the ids of trace and span.
"""

from typing import Any

from forwarder.errors import Reject
from forwarder.ocsf.agent.catalogue import span_plan
from forwarder.ocsf.agent.origins import KnownOrigin
from forwarder.ocsf.agent.plan import Draft
from forwarder.ocsf.agent.telemetry import Span
from forwarder.ocsf.core.values import RecordTime, clean, clean_object, interval, nanoseconds_to_ms, text
from forwarder.privacy import LONGEST, Mode, guarded, guarded_text
from forwarder.records import Receipt, event_uid, namespace

ERROR = 2
_NAMESPACE = namespace("otlp.span")


def span_draft(span: Span, origin: KnownOrigin, receipt: Receipt, mode: Mode) -> Draft:
    """The draft of a span. Raises `Reject` without ids."""
    if not span.trace_id or not span.span_id:
        raise Reject("no-id", "a span has no trace id or no span id")
    time = interval(nanoseconds_to_ms(span.start_ns), nanoseconds_to_ms(span.end_ns), receipt.logged_ms)
    name = guarded_text(span.name, mode)
    code = text(name) if isinstance(name, str) and 0 < len(name) <= LONGEST else "unknown"
    attributes, content = guarded(span.attributes, mode)
    unmapped = _unmapped(span, mode)
    if not isinstance(name, str):
        content["name"] = name
    elif len(name) > LONGEST:
        unmapped["span_name"] = text(name)
    if span.status_message:
        # Sent beside the attributes, but the text of an error as they hold it.
        message = guarded({"error.message": span.status_message}, mode)
        if message.content:
            content["status.message"] = message.content["error.message"]
        else:
            unmapped["status_message"] = text(message.kept["error.message"])
    if time.client:
        unmapped["client_time"] = time.client
    return Draft(
        uid=event_uid(_NAMESPACE, f"{span.trace_id}/{span.span_id}"),
        code=code,
        signal="spans",
        time=time,
        plan=span_plan(code),
        attributes=clean_object(attributes),
        content=content,
        trace={"uid": span.trace_id, "span": _span(span, code, time)},
        unmapped=unmapped,
        failed=span.status == ERROR,
    )


def _span(span: Span, operation: str, time: RecordTime) -> dict[str, Any]:
    start_ms, end_ms = time.start_ms, time.end_ms
    entry: dict[str, Any] = {"uid": span.span_id, "operation": operation, "start_time": start_ms, "end_time": end_ms}
    if end_ms >= start_ms:
        entry["duration"] = end_ms - start_ms
    if span.parent_id:
        entry["parent_uid"] = span.parent_id
    return entry


def _unmapped(span: Span, mode: Mode) -> dict[str, Any]:
    unmapped: dict[str, Any] = {"span_kind": span.kind} if span.kind else {}
    for key, listed in {"span_events": span.events, "span_links": span.links}.items():
        if entries := [_guarded_entry(entry, mode) for entry in listed]:
            unmapped[key] = clean(entries)
    return unmapped


def _guarded_entry(entry: dict[str, Any], mode: Mode) -> dict[str, Any]:
    """A span's event or link, whose attributes may hold content like its own."""
    attributes = guarded(entry.get("attributes") or {}, mode)
    others = guarded({key: value for key, value in entry.items() if key != "attributes"}, mode)
    return {**others.kept, **others.content, "attributes": {**attributes.kept, **attributes.content} or None}
