"""The values that flow: Window → Page → Record → Event → Chunk. Each is plain, immutable and knows no room.

Times are integers: milliseconds since 1970-01-01 UTC where the name ends in `_ms`, microseconds in `_us`.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

Stream = Literal["activity", "usage", "agent", "content"]
STREAMS: tuple[Stream, ...] = ("activity", "usage", "agent", "content")

MappingLevel = Literal["full", "partial", "fallback"]
"""How much of a record the catalogue knew: everything, its type but not all it holds, or not its type."""


class Window(NamedTuple):
    """A half-open stretch of a source's time, `[start_us, end_us)`, read as one."""

    start_us: int
    end_us: int


class Page(NamedTuple):
    """One answer of a paged list: raw objects in the source's order and how to go on."""

    items: list[Any]
    has_more: bool
    last_id: str | None


class Record(NamedTuple):
    """One admitted source object: it has an identity and a time, whatever else is in it."""

    source: str
    """The configuration's name of the source, such as `activities`."""
    uid: str
    """`metadata.uid` of the event made of it: a function of the source's identity alone."""
    time_ms: int
    fields: Mapping[str, Any]
    """The source's JSON object as parsed. Never changed."""


class InventoryRecord(NamedTuple):
    """An object of one of the Admin API's lists, as it was seen in a whole list."""

    source: str
    """The kind of list, such as `api_keys`; so with all that follow."""
    time_ms: int
    """When the list was read, by the source's clock."""
    fields: Mapping[str, Any]
    """The object as parsed. Never changed."""
    derived: Mapping[str, Any]
    """What follows from it and from other sources, such as `age_days`; no part of the object's identity."""
    organization: str | None = None


class InventoryChange(NamedTuple):
    """A difference between two whole lists: an object that came, changed or vanished."""

    source: str
    time_ms: int
    """When the second list was read."""
    fields: Mapping[str, Any] | None
    """The object now; `None`: it vanished."""
    before: Mapping[str, Any] | None
    """The object as it was; `None`: it is new."""
    number: int
    """Of the second list: each whole list has the next one, so a change to and fro is two changes."""
    organization: str | None = None


class UsageRecord(NamedTuple):
    """One row of a bucket of a report: tokens, cost, or use of Claude Code."""

    source: str
    time_ms: int
    """The bucket's start."""
    end_ms: int
    fields: Mapping[str, Any]
    """The row as parsed, with exact decimals for money. Never changed."""
    revision_ms: int
    """When it was read, by the source's clock: of two statements of a figure the later counts."""
    organization: str | None = None


AnyRecord = Record | InventoryRecord | InventoryChange | UsageRecord
"""What a source gives: each becomes one event."""


class Receipt(NamedTuple):
    """When and by whom records were collected: all that an event holds beside the record itself."""

    logged_ms: int
    instance: str
    """Stable id of this installation (one a store)."""
    labels: tuple[str, ...] = ()
    """Labels of the collection, such as `collection:backfill`."""


class KeyFields(NamedTuple):
    """The values that every SIEM indexes, in neutral names. `None`: the event has no such value."""

    time_ms: int
    logged_ms: int
    uid: str
    event_code: str
    class_uid: int
    activity_id: int
    user: str | None
    """E-mail address or name of the actor, else of the user acted on."""
    actor_uid: str | None
    actor_type: str | None
    """The source's own word, such as `user_actor`."""
    organization: str | None
    """Organization UUID."""
    src_ip: str | None
    object_uid: str | None
    object_type: str | None
    model: str | None
    tokens: int | None
    revision: int | None
    """Read time in ms of a re-stated figure; readers take the highest."""


class Event(NamedTuple):
    """One OCSF event: its bytes (compact JSON, one line), its pivots and where it belongs."""

    stream: Stream
    key_fields: KeyFields
    body: bytes
    mapping_level: MappingLevel = "full"


def dead_letter_body(item: Any) -> bytes:
    """The bytes of a refused object, whatever is in it."""
    try:
        return orjson.dumps(item)
    except TypeError:
        return json.dumps(item, default=str).encode()


class DeadLetter(NamedTuple):
    """What was refused, by whom and why, with the bytes it was about."""

    source: str
    refused_by: str
    """`source` or the sink's name."""
    reason: str
    """A short stable code, such as `no-id` or `invalid-data-format`."""
    detail: str
    uid: str | None
    """The source's own id, where there is one."""
    body: bytes
