"""What an archive or a file of events holds, as rows of the tables that rules read.

Judged as if each event had come when it happened: rules select by the time of collection, and a history is often
collected in one go. So an event's time of collection is its own time here, and `collection:backfill` is taken off.
"""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from forwarder.errors import Misconfigured
from forwarder.ocsf.key_fields import key_fields_of, stream_of
from forwarder.records import KeyFields, Stream
from forwarder.sinks.archive import UnreadablePart, lines
from forwarder.sinks.sentinel import row

_BACKFILLED = "collection:backfill"
_PARTS = "*/part-*.ndjson.gz"


def events(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The events of archives (folders) and NDJSON files, plain or `.gz`: events, or objects with one in `event`.

    Raises `Misconfigured` for what cannot be read, naming file and line.
    """
    for path in paths:
        for file in sorted(path.glob(_PARTS)) if path.is_dir() else [path]:
            yield from _events_of(file)


def judged_at_once(event: dict[str, Any]) -> tuple[Stream, datetime, dict[str, Any]] | None:
    """The event's stream, time and row, as if it had been collected when it happened; `None` for somebody else's."""
    found = told_of(event)
    if found is None:
        return None
    (told, stream), metadata = found, event["metadata"]
    if labels := [label for label in metadata.get("labels", ()) if label != _BACKFILLED]:
        metadata["labels"] = labels
    else:
        metadata.pop("labels", None)
    happened = datetime.fromtimestamp(told.time_ms / 1000, UTC)
    return stream, happened, orjson.loads(row(told._replace(logged_ms=told.time_ms), orjson.dumps(event)))


def told_of(event: Mapping[str, Any]) -> tuple[KeyFields, Stream] | None:
    """What is known of an event at a glance, and its stream; `None` for somebody else's."""
    try:
        return key_fields_of(event), stream_of(event)
    except (KeyError, TypeError, AttributeError):
        return None


def _events_of(file: Path) -> Iterator[dict[str, Any]]:
    try:
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                yield _event(line, f"{file}, line {number}")
    except (OSError, UnreadablePart, gzip.BadGzipFile) as error:
        raise Misconfigured(f"{file}: cannot be read ({error})") from None


def _lines(file: Path) -> Iterator[bytes]:
    if file.suffix == ".gz":
        yield from lines(file)
    else:
        with file.open("rb") as read:
            yield from read


def _event(line: bytes, where: str) -> dict[str, Any]:
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Misconfigured(f"{where}: not JSON ({error})") from None
    event = told.get("event", told) if isinstance(told, dict) else None
    if not isinstance(event, dict):
        raise Misconfigured(f"{where}: an event is expected, or an object that holds one in `event`")
    return event
