"""The values that flow: Window → Page → Record → Event → Chunk. Each is plain, immutable and knows no room.

Times are integers: milliseconds since 1970-01-01 UTC where the name ends in `_ms`, microseconds in `_us`.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

Stream = Literal["activity", "usage", "agent", "content"]
STREAMS: tuple[Stream, ...] = ("activity", "usage", "agent", "content")

Knowledge = Literal["full", "partial", "fallback"]
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


class Receipt(NamedTuple):
    """When and by whom records were collected: all that an event holds beside the record itself."""

    logged_ms: int
    instance: str
    """Stable id of this installation (one a store)."""
    labels: tuple[str, ...] = ()
    """Labels of the collection, such as `collection:backfill`."""


class Pivots(NamedTuple):
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
    pivots: Pivots
    body: bytes
    knowledge: Knowledge = "full"


def letter_body(item: Any) -> bytes:
    """The bytes of a refused object, whatever is in it."""
    try:
        return orjson.dumps(item)
    except TypeError:
        return json.dumps(item, default=str).encode()


class Letter(NamedTuple):
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
