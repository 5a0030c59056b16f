"""Events of archives and NDJSON files, as rows of the tables that rules read.

Rules select by the time of collection, and a history is often collected in one run. So each event is treated as if it
had been collected when it happened: its collection time becomes its own time, and `collection:backfill` is removed.
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
    """The events of archives (folders) and NDJSON files, plain or `.gz`: one event per line, or an object with `event`.

    Raises `Misconfigured` for what cannot be read, with file and line.
    """
    for path in paths:
        for file in sorted(path.glob(_PARTS)) if path.is_dir() else [path]:
            yield from _events_of(file)


def live_row(event: dict[str, Any]) -> tuple[Stream, datetime, dict[str, Any]] | None:
    """Stream, time and row of an event, as if collected when it happened; `None` for an event of another product."""
    classified = classify(event)
    if classified is None:
        return None
    (key_fields, stream), metadata = classified, event["metadata"]
    if labels := [label for label in metadata.get("labels", ()) if label != _BACKFILLED]:
        metadata["labels"] = labels
    else:
        metadata.pop("labels", None)
    happened = datetime.fromtimestamp(key_fields.time_ms / 1000, UTC)
    live = key_fields._replace(logged_ms=key_fields.time_ms)
    return stream, happened, orjson.loads(row(live, orjson.dumps(event)))


def classify(event: Mapping[str, Any]) -> tuple[KeyFields, Stream] | None:
    """Key fields and stream of an event; `None` for an event of another product."""
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
        with file.open("rb") as opened:
            yield from opened


def _event(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Misconfigured(f"{where}: not JSON ({error})") from None
    event = value.get("event", value) if isinstance(value, dict) else None
    if not isinstance(event, dict):
        raise Misconfigured(f"{where}: expected an event, or an object with an event in `event`")
    return event
