"""The values that flow through the forwarder: Window → Page → Record → Event → Chunk. All are immutable.

Times are integers: milliseconds since 1970-01-01 UTC where the name ends in `_ms`, microseconds in `_us`.

Invariant: `metadata.uid` is a version 5 UUID derived from the source's own id only, equal on every run, account and
sink. It never depends on when or by which forwarder an event was collected, so it is the deduplication key everywhere.
"""

import hashlib
import json
import struct
import uuid
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

Stream = Literal["activity", "usage", "agent", "content"]
STREAMS: tuple[Stream, ...] = ("activity", "usage", "agent", "content")

MappingLevel = Literal["full", "partial", "fallback"]
"""How much of a record the catalogue maps: all of it; its type, but not all fields or values; or not its type."""


OPEN_END_US = 253_402_300_800_000_000
"""The end of a window without an end: no timestamp is behind the year 9999."""


class Window(NamedTuple):
    """A half-open time range of a source, `[start_us, end_us)`, read as a unit."""

    start_us: int
    end_us: int


class Page(NamedTuple):
    """One page of a list: raw objects in the source's order, and the cursor of the next page."""

    items: list[Any]
    has_more: bool
    last_id: str | None
    next_page: str | None = None
    """Where the list names the next page itself; then it counts, and `last_id` does not."""


class Record(NamedTuple):
    """One admitted source object: it has an identity and a time; all other fields are unchecked."""

    source: str
    """The name of the source in the settings, such as `activities`."""
    uid: str
    """`metadata.uid` of its event: derived from the source's own identity only."""
    time_ms: int
    fields: Mapping[str, Any]
    """The source's JSON object as parsed. Never changed."""


class InventoryRecord(NamedTuple):
    """One object of a complete list of the Admin API."""

    source: str
    """The kind of list, such as `api_keys`; the same in the records below."""
    time_ms: int
    """When the list was read, by the source's clock."""
    fields: Mapping[str, Any]
    """The object as parsed. Never changed."""
    derived: Mapping[str, Any]
    """Values derived from it and from other sources, such as `age_days`; not part of the object's identity."""
    organization: str | None = None


class InventoryChange(NamedTuple):
    """A difference between two complete lists: an object was added, changed or removed."""

    source: str
    time_ms: int
    """When the second list was read."""
    fields: Mapping[str, Any] | None
    """The object now; `None`: it was removed."""
    before: Mapping[str, Any] | None
    """The object before; `None`: it was added."""
    number: int
    """Sequence number of the second list, so that a change and its reversal are two changes."""
    organization: str | None = None


class UsageRecord(NamedTuple):
    """One row of a report's time bucket: tokens, cost, or Claude Code usage."""

    source: str
    time_ms: int
    """The bucket's start."""
    end_ms: int
    fields: Mapping[str, Any]
    """The row as parsed, with exact decimals for money. Never changed."""
    revision_ms: int
    """When it was read, by the source's clock: the row with the higher value replaces earlier ones."""
    organization: str | None = None
    occurrence: int = 0
    """Which of the bucket's rows that are grouped alike; the source gives each its own, the same at every read."""


AnyRecord = Record | InventoryRecord | InventoryChange | UsageRecord
"""The records that sources return; each becomes one event."""


class Receipt(NamedTuple):
    """When and by which forwarder records were collected: all that an event contains beside its record."""

    logged_ms: int
    instance: str
    """Stable id of this installation (one per store)."""
    labels: tuple[str, ...] = ()
    """Labels of the collection, such as `collection:backfill`."""


class KeyFields(NamedTuple):
    """The values that every SIEM indexes, under vendor-neutral names. `None`: the event has no such value."""

    time_ms: int
    logged_ms: int
    uid: str
    event_code: str
    class_uid: int
    activity_id: int
    user: str | None
    """E-mail address or name of the actor, else of the target user."""
    actor_uid: str | None
    actor_type: str | None
    """The actor type as the source names it, such as `user_actor`."""
    organization: str | None
    """Organization UUID."""
    src_ip: str | None
    object_uid: str | None
    object_type: str | None
    model: str | None
    tokens: int | None
    revision: int | None
    """Read time in ms of a usage or cost value that may be corrected later; queries take the highest."""


class Event(NamedTuple):
    """One OCSF event: its body (compact JSON, one line), its key fields and its stream."""

    stream: Stream
    key_fields: KeyFields
    body: bytes
    mapping_level: MappingLevel = "full"


def dead_letter_body(item: Any) -> bytes:
    """A refused object as JSON bytes, whatever it contains."""
    try:
        return orjson.dumps(item)
    except TypeError:  # a lone surrogate, an integer beyond 64 bits, deep nesting, a decimal
        return json_text(item).encode()


def json_text(value: Any) -> str:
    """JSON text in ASCII of any value, piece by piece with a stack of its own: only memory limits the depth."""
    pieces: list[str] = []
    waiting: list[tuple[bool, Any]] = [(False, value)]
    while waiting:
        literal, item = waiting.pop()
        if literal:
            pieces.append(item)
        elif isinstance(item, Mapping):
            waiting.append((True, "}"))
            for position, (name, inner) in reversed(list(enumerate(item.items()))):
                waiting += [(False, inner), (True, f"{',' if position else ''}{json.dumps(str(name))}:")]
            waiting.append((True, "{"))
        elif item.__class__ is list or item.__class__ is tuple:
            waiting.append((True, "]"))
            for position, inner in reversed(list(enumerate(item))):
                waiting += [(False, inner), (True, "," if position else "")]
            waiting.append((True, "["))
        elif item.__class__ is int:
            number = digits(item)
            pieces.append(f'"{number}"' if "x" in number else number)
        else:
            pieces.append(json.dumps(item, default=str))
    return "".join(pieces)


def digits(number: int) -> str:
    """Decimal where Python allows the conversion (4300 digits), else hexadecimal."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


class DeadLetter(NamedTuple):
    """A refused record or event: who refused it, why, and its bytes."""

    source: str
    refused_by: str
    """`source`, `normalizer`, or the name of the sink."""
    reason: str
    """A short stable code, such as `no-id` or `invalid-data-format`."""
    detail: str
    uid: str | None
    """The `metadata.uid`, where there is one."""
    body: bytes


NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://api.anthropic.com/")
_digest = struct.Struct(">Q").unpack_from
UID_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def namespace(kind: str) -> bytes:
    """The UUID namespace of one kind of record (`activity`, `usage`, `inventory` …), for `event_uid`."""
    return uuid.uuid5(NAMESPACE, kind).bytes


class EventIdentity(NamedTuple):
    """The identity of an event: its public uid, and its digest for the store's id set."""

    uid: str
    digest: int
    """64 more bits of the same hash."""


def identify(space: bytes, name: str) -> EventIdentity:
    """`uuid.uuid5(space, name)` as text, four times as fast as the standard library, and its digest.

    Lone surrogates in `name` are replaced, as everywhere in an event.
    """
    full = hashlib.sha1(space + name.encode("utf-8", "replace"), usedforsecurity=False).digest()
    h = full.hex()
    uid = f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{UID_VARIANTS[h[16]]}{h[17:20]}-{h[20:32]}"
    return EventIdentity(uid, _digest(full, 12)[0])


def event_uid(space: bytes, name: str) -> str:
    """The uid of `identify` alone."""
    return identify(space, name).uid
