"""Pages for the store: events that are nothing but their number."""

import base64
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from forwarder import store
from forwarder.records import DeadLetter, Event, KeyFields, Stream, identify, namespace
from forwarder.store import Checkpoint, Chunk, DeadLetters, Inbox, Packed, PageCommit, Store, pack
from tests.store.engines import SQLITE, Engine

SOURCE = "activities"
SECOND = 1_000_000
_SPACE = namespace("activity")


def digest(number: int) -> int:
    """By which the id set knows event `number`."""
    return identify(_SPACE, f"id-{number}")[1]


def key_fields(number: int, **values: object) -> KeyFields:
    """The key fields of event `number`, created in second `number`."""
    blank = dict.fromkeys(KeyFields._fields)
    known = {"time_ms": number * 1000, "logged_ms": number * 1000, "uid": f"uid-{number}", "event_code": "seen"}
    return KeyFields(**{**blank, **known, "class_uid": 6003, "activity_id": 1, **values})  # type: ignore[arg-type]


def packed(number: int, stream: Stream = "activity", size: int = 0) -> Packed:
    """Event `number` with what the store wants to know of it; about `size` bytes of incompressible padding."""
    body = b'{"number":%d,"pad":"%s"}' % (number, base64.b64encode(random.Random(number).randbytes(size * 3 // 4)))
    return Packed(Event(stream, key_fields(number), body), number * SECOND, digest(number))


def chunks(numbers: Iterable[int], stream: Stream = "activity", size: int = 0) -> Sequence[Chunk]:
    """The chunks of these events."""
    return tuple(pack(SOURCE, [packed(number, stream, size) for number in numbers]))


def page(
    numbers: Iterable[int], checkpoint: Checkpoint | None = None, dead_letters: Sequence[DeadLetter] = ()
) -> PageCommit:
    """A page of these events."""
    return PageCommit(SOURCE, chunks(numbers), dead_letters, checkpoint)


def checkpoint(second: int) -> Checkpoint:
    """A checkpoint whose watermark is `second`."""
    return Checkpoint(0, second * SECOND, 0, 0)


def letter(number: int, by: str = "source") -> DeadLetter:
    """A refused thing."""
    return DeadLetter(SOURCE, by, "no-id", "why", None, b'{"letter":%d}' % number)


def numbers_of(chunk: Chunk) -> list[int]:
    """The events of a chunk."""
    return [keys.time_ms // 1000 for keys in chunk.keys()]  # noqa: SIM118  not a mapping


def known_numbers(opened: Store, among: Iterable[int]) -> set[int]:
    """Which of these events the store knows."""
    wanted = list(among)
    known = opened.known(SOURCE, min(wanted) * SECOND, max(wanted) * SECOND)
    return {number for number in wanted if digest(number) in known}


def open_store(folder: Path, *sinks: str, max_bytes: int = 2**40, engine: Engine = SQLITE) -> Store:
    """The store in `folder`, owned by this process."""
    return store.open_store(engine.url(folder), sinks or ("splunk", "archive"), max_bytes)


def open_inbox(folder: Path, *sinks: str, max_bytes: int = 2**40, engine: Engine = SQLITE) -> Inbox:
    """Its inbox."""
    return store.open_inbox(engine.url(folder), sinks or ("splunk", "archive"), max_bytes)


def open_dead_letters(folder: Path, engine: Engine = SQLITE) -> DeadLetters:
    """Its dead letters."""
    return store.open_dead_letters(engine.url(folder))
