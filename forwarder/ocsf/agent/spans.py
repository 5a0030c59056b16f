"""Spans: Office agents, the Claude API's own, and Claude Code's (`spans.yaml`). One event a span that has ended."""

from typing import Any

from forwarder.errors import Reject
from forwarder.ocsf.agent.assembly import Draft, assembled
from forwarder.ocsf.agent.identity import span_uid
from forwarder.ocsf.agent.moments import in_ms, moment_ms
from forwarder.ocsf.agent.origins import Known, known
from forwarder.ocsf.agent.table import span_plan
from forwarder.ocsf.agent.telemetry import Span
from forwarder.ocsf.core.cleaning import clean, clean_object, text
from forwarder.privacy import Mode, guarded, guarded_text
from forwarder.records import Event, Receipt

ERROR = 2


def span_event(span: Span, receipt: Receipt, mode: Mode) -> Event:
    """The event of a span. Raises `Reject` for one without ids or with times that cannot be true."""
    if not span.trace_id or not span.span_id:
        raise Reject("no-id", "a span has no trace id or no span id")
    origin = known(span.origin, mode)
    return assembled(_draft(span, origin, receipt, mode), origin, receipt)


def _draft(span: Span, origin: Known, receipt: Receipt, mode: Mode) -> Draft:
    start_ms = moment_ms((in_ms(span.start_ns),), receipt.logged_ms)
    end_ms = moment_ms((in_ms(span.end_ns) or start_ms,), receipt.logged_ms)
    name = guarded_text(span.name, mode)
    code = text(name) if isinstance(name, str) and name else "unknown"
    attributes, content = guarded(span.attributes, mode)
    left = _left(span, mode)
    if not isinstance(name, str):
        content["name"] = name
    if span.status_message:
        # Said beside the attributes, and an error's text like theirs.
        kept, told = guarded({"error.message": span.status_message}, mode)
        if told:
            content["status.message"] = told["error.message"]
        else:
            left["status_message"] = text(kept["error.message"])
    trace = {"uid": span.trace_id, "span": _span(span, code, start_ms, end_ms)}
    return Draft(
        span_uid(span),
        code,
        f"{origin.service.log}.spans",
        start_ms,
        span_plan(code),
        clean_object(attributes),
        content,
        trace,
        left,
        span.status == ERROR,
    )


def _span(span: Span, operation: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    told: dict[str, Any] = {"uid": span.span_id, "operation": operation, "start_time": start_ms, "end_time": end_ms}
    if end_ms >= start_ms:
        told["duration"] = end_ms - start_ms
    if span.parent_id:
        told["parent_uid"] = span.parent_id
    return told


def _left(span: Span, mode: Mode) -> dict[str, Any]:
    left: dict[str, Any] = {"span_kind": span.kind} if span.kind else {}
    for key, listed in {"span_events": span.events, "span_links": span.links}.items():
        told = [_guarded_entry(entry, mode) for entry in listed]
        if told:
            left[key] = clean(told)
    return left


def _guarded_entry(entry: dict[str, Any], mode: Mode) -> dict[str, Any]:
    """A span's event or link, whose attributes may hold content like its own."""
    kept, content = guarded(entry.get("attributes") or {}, mode)
    told = guarded({key: value for key, value in entry.items() if key != "attributes"}, mode)
    return {**told.kept, **told.content, "attributes": {**kept, **content} or None}
