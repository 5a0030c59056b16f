"""Deliveries for the sinks: OCSF-shaped events of known key fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from forwarder.errors import ForwarderError
from forwarder.records import DeadLetter, Event, KeyFields, Stream
from forwarder.sinks import Settled
from forwarder.store import Chunk, Delivery, Packed, pack

TIME_MS = 1_775_808_550_123


def key_fields(number: int, **values: Any) -> KeyFields:
    """The key fields of event `number`, all of them set."""
    known: dict[str, Any] = {
        "time_ms": TIME_MS + number,
        "logged_ms": TIME_MS + 60_000,
        "uid": f"uid-{number}",
        "event_code": "claude_chat_created",
        "class_uid": 6001,
        "activity_id": 1,
        "user": "ada@example.com",
        "actor_uid": "user_1",
        "actor_type": "user_actor",
        "organization": "org-uuid",
        "src_ip": "192.0.2.34",
        "object_uid": f"chat_{number}",
        "object_type": "Chat",
        "model": "claude-opus",
        "tokens": 1234,
        "revision": 9,
    }
    return KeyFields(**{**known, **values})


def body(number: int, **attributes: Any) -> bytes:
    """The event of `number`."""
    return orjson.dumps(
        {"class_uid": 6001, "metadata": {"uid": f"uid-{number}"}, **attributes, "unmapped": {"n": number}}
    )


def chunk(
    events: int = 3,
    stream: Stream = "activity",
    source: str = "activities",
    logged_ms: int = TIME_MS + 60_000,
    **attributes: Any,
) -> Chunk:
    """A chunk of so many events."""
    packed = [
        Packed(Event(stream, key_fields(n, logged_ms=logged_ms), body(n, **attributes)), n, n) for n in range(events)
    ]
    return next(pack(source, packed))


def chunk_of(events: Mapping[int, Mapping[str, Any]], stream: Stream = "activity", **fields: Any) -> Chunk:
    """A chunk of events by number, each with further attributes. `fields`: key fields that all of them have."""
    packed = [
        Packed(Event(stream, key_fields(number, **fields), body(number, **attributes)), number, number)
        for number, attributes in events.items()
    ]
    (packed_chunk,) = pack("activities", packed)
    return packed_chunk


def delivery(of: Chunk | None = None, position: int = 0, refused: int = 0) -> Delivery:
    """What a sink has to do for a chunk."""
    return Delivery("splunk", 1, position, refused, of or chunk(), "store-1")


class Outcome(NamedTuple):
    """What became of a delivery."""

    position: int
    dead_letters: Sequence[DeadLetter]
    error: ForwarderError | None


def outcome(steps: Iterator[Settled]) -> Outcome:
    """Walk a delivery to its end or its error."""
    position, dead_letters = 0, list[DeadLetter]()
    try:
        for settled in steps:
            assert settled.position > position
            position = settled.position
            dead_letters += settled.dead_letters
    except ForwarderError as error:
        return Outcome(position, dead_letters, error)
    return Outcome(position, dead_letters, None)
