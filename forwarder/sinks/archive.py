"""A folder of evidence: `DAY/part-NNNN.ndjson.gz`, one line an event, each line chained to the one before.

A line is `{"seq", "prev", "hash", "event"}`; `hash` is SHA-256 over `prev`, the sequence number and the event's
bytes, so a changed, removed, reordered or inserted line breaks every hash after it. DAY is the day of arrival.

Invariants:
- A chunk is one gzip member, written and fsynced before it is confirmed.
- `head.json` names part, length, sequence, hash and the delivery last confirmed; it is replaced atomically after
  the member. Bytes behind it are what a crash left half done: they are cut off and come again from the store.
- When a day closes its `manifest.json` says how many lines it holds and its last hash.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from forwarder.config import ArchiveSettings
from forwarder.errors import Misconfigured, Retry
from forwarder.gzip import compress
from forwarder.sinks.base import Settled
from forwarder.store import Chunk, Delivery

GENESIS = "0" * 64
PART_BYTES = 64 * 1024 * 1024


class Head(NamedTuple):
    """Where the chain stands."""

    day: str = ""
    part: int = 0
    length: int = 0
    seq: int = 0
    hash: str = GENESIS
    day_lines: int = 0
    store: str = ""
    chunk_id: int = 0


class ArchiveSink:
    """One folder, written by one thread."""

    lanes = 1

    def __init__(self, name: str, settings: ArchiveSettings) -> None:
        self.name = name
        self._folder = settings.path
        self._head: Head | None = None

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`. A chunk that a crash left confirmed here but not in the store is not written twice."""
        try:
            head = self._head or self._recover()
            if (delivery.store, delivery.chunk_id) != (head.store, head.chunk_id):
                head = self._append(head, delivery)
            self._head = head
        except OSError as error:
            self._head = None
            raise Retry(f"sinks.{self.name}: {self._folder} cannot be written ({error.strerror})") from error
        yield Settled(delivery.chunk.events)

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`; here without writing a line."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"sinks.{self.name}.path: {self._folder} cannot be made ({error.strerror})") from None
        if not os.access(self._folder, os.W_OK):
            raise Misconfigured(f"sinks.{self.name}.path: {self._folder} cannot be written")
        return f"{self._folder} can be written"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return None

    def head(self) -> str | None:
        """The hash of the last line."""
        return self._head.hash if self._head else None

    def close(self) -> None:
        """See `Sink.close`; nothing is held open."""

    def _append(self, head: Head, delivery: Delivery) -> Head:
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        if today > head.day:
            self._cut_off(head)
            self._close_day(head)
            head = head._replace(day=today, part=1, length=0, day_lines=0)
        elif head.length > PART_BYTES:
            head = head._replace(part=head.part + 1, length=0)
        lines, seq, last = _chained(delivery.chunk.lines(), head.seq, head.hash)
        member = compress(b"".join(lines))
        self._write(self._part(head), member, head.length)
        head = head._replace(
            length=head.length + len(member),
            seq=seq,
            hash=last,
            day_lines=head.day_lines + len(lines),
            store=delivery.store,
            chunk_id=delivery.chunk_id,
        )
        _replace_file(self._folder / "head.json", orjson.dumps(head._asdict()))
        return head

    def _write(self, path: Path, member: bytes, offset: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(member)
            file.flush()
            os.fsync(file.fileno())
        if offset == 0:
            _sync_folder(path.parent)
            _sync_folder(self._folder)

    def _recover(self) -> Head:
        path = self._folder / "head.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if any(self._folder.glob("*/part-*.ndjson.gz")):
                raise Misconfigured(
                    f"sinks.{self.name}: {path} is missing beside existing parts, so the chain has no head; "
                    f"move the old archive away or give another path"
                )
            _replace_file(path, orjson.dumps(Head()._asdict()))
            return Head()
        try:
            return Head(**orjson.loads(path.read_bytes()))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise Misconfigured(f"sinks.{self.name}: {path} is damaged ({error}); restore it or move it away") from None

    def _cut_off(self, head: Head) -> None:
        """What a crash left behind the head of a day that is over comes again from the store, on a new day."""
        part = self._part(head)
        if head.day and part.stat().st_size > head.length:
            os.truncate(part, head.length)
        part.with_name(f"part-{head.part + 1:04d}.ndjson.gz").unlink(missing_ok=True)

    def _close_day(self, head: Head) -> None:
        if head.day:
            manifest = {
                "day": head.day,
                "lines": head.day_lines,
                "parts": head.part,
                "seq": head.seq,
                "hash": head.hash,
            }
            _replace_file(self._folder / head.day / "manifest.json", orjson.dumps(manifest))

    def _part(self, head: Head) -> Path:
        return self._folder / head.day / f"part-{head.part:04d}.ndjson.gz"


def _chained(events: list[bytes], seq: int, last: str) -> tuple[list[bytes], int, str]:
    """The lines of `events`, and where the chain stands behind them."""
    lines = []
    for event in events:
        seq += 1
        link = hashlib.sha256(b"%s %d " % (last.encode(), seq) + event).hexdigest()
        lines.append(b'{"seq":%d,"prev":"%s","hash":"%s","event":%s}\n' % (seq, last.encode(), link.encode(), event))
        last = link
    return lines, seq, last


def _replace_file(path: Path, content: bytes) -> None:
    """Write beside, fsync, rename: a reader sees the old file or the new one."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
