"""What is a record of the Activity Feed: a JSON object with a non-empty string id, a string type and a readable
`created_at` with its zone. Everything else is refused with its reason; nothing else is a reason.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from forwarder.errors import Reject
from forwarder.identity import identify, namespace
from forwarder.records import DeadLetter, Record, dead_letter_body
from forwarder.sources.batch import NewRecord

ACTIVITIES = "activities"
_SPACE = namespace("activity")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def admit(item: Any) -> NewRecord:
    """The record in one item of a page. Raises `Reject`."""
    if not isinstance(item, dict):
        raise Reject("not-an-object", f"an item of the page is {type(item).__name__}, not an object")
    source_id, kind = item.get("id"), item.get("type")
    if not isinstance(source_id, str) or not source_id:
        raise Reject("no-id", f"`id` is {source_id!r:.80}, not a non-empty string")
    if not isinstance(kind, str):
        raise Reject("no-type", f"`type` is {kind!r:.80}, not a string")
    created_us = read_time(item.get("created_at"))
    uid, digest = identify(_SPACE, source_id)
    return NewRecord(Record(ACTIVITIES, uid, created_us // 1000, item), created_us, digest)


def read_time(text: Any) -> int:
    """Microseconds since 1970 of an RFC 3339 time. Raises `Reject` when it has no zone or is none."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        time = _unusual_time(text)
    if time.tzinfo is None:
        raise Reject("bad-created-at", f"`created_at` {text!r:.80} has no time zone")
    return (time - _EPOCH) // _MICROSECOND


def _unusual_time(text: Any) -> datetime:
    """RFC 3339 allows lower case and leap seconds, which the standard library does not read."""
    try:
        return datetime.fromisoformat(text.upper().replace(":60", ":59"))
    except (AttributeError, TypeError, ValueError):
        raise Reject("bad-created-at", f"`created_at` is {text!r:.80}, not an RFC 3339 time") from None


def letter(item: Any, refusal: Reject) -> DeadLetter:
    """The dead letter of a refused item."""
    uid = item.get("id") if isinstance(item, dict) else None
    uid = uid if isinstance(uid, str) else None
    return DeadLetter(ACTIVITIES, "source", refusal.reason, str(refusal), uid, dead_letter_body(item))
