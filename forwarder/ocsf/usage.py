"""Token usage: one event per result row of a bucket of the messages usage report (6003, activity 99).

OCSF has no class for metrics. The figures stand whole in `unmapped.usage`, their sums in `message_context`;
re-stated figures keep the event's uid and carry a higher `unmapped.revision`.
Source: Admin API reference, Get Messages Usage Report.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from forwarder.errors import Reject
from forwarder.identity import event_uid, namespace
from forwarder.ocsf.captions import OTHER, USER_TYPES
from forwarder.ocsf.cleaning import clean_object
from forwarder.ocsf.envelope import admin_metadata, classification, join, outcome
from forwarder.ocsf.times import milliseconds
from forwarder.records import Event, Pivots, Receipt

CLASS_UID = 6003
CODE = "usage_report.messages"
_SPACE = namespace("usage")
_PRINCIPALS = {"account_id": 1, "service_account_id": 4, "api_key_id": 4}
"""Whose usage it is, the first that the row names → OCSF user type."""


def usage_event(
    bucket: Mapping[str, Any],
    result: Mapping[str, Any],
    receipt: Receipt,
    revision_ms: int,
    organization: str | None = None,
) -> Event:
    """The event of one row of `bucket["results"]`, read at `revision_ms`. Raises `Reject` for a bucket without times.

    The uid is made of the report, the bucket, the organization if given, and the values the row is grouped by.
    """
    start, end = milliseconds(bucket.get("starting_at")), milliseconds(bucket.get("ending_at"))
    if start is None or end is None:
        raise Reject("no-time", f"usage bucket from {bucket.get('starting_at')!r} to {bucket.get('ending_at')!r}")
    fields = clean_object(dict(result))
    uid = _uid(start, end, fields, organization)
    part = admin_metadata(uid, CODE, CODE, organization, receipt)
    part["profiles"] = ("ai_operation",)
    event = _attributes(start, end, part, fields)
    event["unmapped"] = {"usage": fields, "revision": revision_ms}
    body = join(classification(CLASS_UID, OTHER, "Usage Report"), start, outcome(1, 1), event)
    return Event("usage", _pivots(event, uid, organization, receipt, revision_ms), body)


def _attributes(start: int, end: int, part: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "metadata": part,
        "actor": {"user": _user(fields)},
        "src_endpoint": {"name": "unknown"},
        "api": {"operation": CODE},
        "start_time": start,
        "end_time": end,
        "duration": end - start,
        "message_context": _context(fields),
    }
    model = fields.get("model")
    if isinstance(model, str):
        event["ai_model"] = {"name": model, "ai_provider": "Anthropic"}
    return event


def _uid(start: int, end: int, fields: dict[str, Any], organization: str | None) -> str:
    groups = sorted((name, value) for name, value in fields.items() if isinstance(value, str))
    return event_uid(_SPACE, orjson.dumps(["messages", start, end, organization, groups]).decode())


def _user(fields: dict[str, Any]) -> dict[str, Any]:
    for name, type_id in _PRINCIPALS.items():
        if isinstance(fields.get(name), str):
            return {"uid": fields[name], "type": USER_TYPES[type_id], "type_id": type_id}
    return {"name": "unknown", "type": USER_TYPES[0], "type_id": 0}


def _context(fields: dict[str, Any]) -> dict[str, Any]:
    """Prompt tokens are all that went in: uncached, read from the cache and written to it."""
    written = fields.get("cache_creation")
    parts = [fields.get("uncached_input_tokens"), fields.get("cache_read_input_tokens")]
    parts += written.values() if isinstance(written, dict) else []
    prompt, completion = _sum(parts), _sum([fields.get("output_tokens")])
    return {
        "service": {"name": "Claude API"},
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": _sum([prompt, completion]),
    }


def _sum(figures: list[Any]) -> int:
    """The sum of those that are whole numbers, within what JSON's 64 bits hold."""
    return min(sum(figure for figure in figures if figure.__class__ is int and figure > 0), 2**63 - 1)


def _pivots(event: dict[str, Any], uid: str, organization: str | None, receipt: Receipt, revision_ms: int) -> Pivots:
    user, usage = event["actor"]["user"], event["unmapped"]["usage"]
    key = usage.get("api_key_id")
    return Pivots(
        time_ms=event["start_time"],
        logged_ms=receipt.logged_ms,
        uid=uid,
        event_code=CODE,
        class_uid=CLASS_UID,
        activity_id=OTHER,
        user=user.get("uid"),
        actor_uid=user.get("uid"),
        actor_type=None,
        organization=organization,
        src_ip=None,
        object_uid=key if isinstance(key, str) else None,
        object_type="API Key",
        model=event.get("ai_model", {}).get("name"),
        tokens=event["message_context"]["total_tokens"],
        revision=revision_ms,
    )
