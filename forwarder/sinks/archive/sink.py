"""The sink: deliveries become lines, days close, and days older than `keep` are removed.

Invariant: the chain has one end. Each write holds a lock on the folder and begins at the head that is there now, so a
process that was paused while another took over its store cannot break what the other wrote.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.gzip import compress
from forwarder.private_files import make_folder
from forwarder.records import DeadLetter, KeyFields
from forwarder.sinks.archive.chain import chained
from forwarder.sinks.archive.folder import (
    HEAD,
    ArchiveHead,
    close_day,
    cut_off,
    days,
    finish_trim,
    load,
    make_private,
    parts,
    save,
    trim,
    write_member,
)
from forwarder.sinks.base import ChunkEvent, Settled, SinkSettings, dead_letter, encode_events
from forwarder.store import Chunk, Delivery

PART_BYTES = 64 * 1024 * 1024
_LOGGED_MS = KeyFields._fields.index("logged_ms")


class ArchiveSettings(SinkSettings):
    """A folder of gzip NDJSON in which each line holds the hash of the line before."""

    type: Literal["archive"] = "archive"
    path: Path = Field(description="folder of the archive", examples=["/var/lib/claude-siem/archive"])
    keep: int | None = Field(None, ge=1, le=36500, description="days for which a day is kept; none: forever")

    @property
    def address(self) -> str:
        """See `SinkSettings.address`."""
        return str(self.path)


class ArchivedEvent(NamedTuple):
    """An event with the day on which its source's clock says that it was collected."""

    day: str
    body: bytes


def archived_events(events: Sequence[ChunkEvent]) -> list[ArchivedEvent]:
    """The events with their days of arrival: by the source's clock, because a local clock that jumps closes no day."""
    return [ArchivedEvent(_day_of(keys[_LOGGED_MS]), body) for keys, body in events]


@lru_cache(maxsize=16)
def _day_of(logged_ms: int) -> str:
    return datetime.fromtimestamp(logged_ms / 1000, UTC).date().isoformat()


class ArchiveSink:
    """One folder, written by one thread."""

    concurrency = 1

    def __init__(
        self,
        name: str,
        settings: ArchiveSettings,
        *,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self.name = name
        self._folder = settings.path
        self._keep = settings.keep
        self._part_bytes = part_bytes
        self._head: ArchiveHead | None = None

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`. A chunk that a crash left confirmed here but not in the store is not written twice."""
        events, dead_letters = list[ArchivedEvent](), list[DeadLetter]()
        encoded = encode_events(delivery.chunk, archived_events)
        for position in range(delivery.position, delivery.end):
            event = encoded[position]
            if isinstance(event, Reject):
                dead_letters.append(dead_letter(self.name, delivery.chunk, position, event))
            else:
                events.append(event)
        if events:
            self._write(delivery, events)
        yield Settled(delivery.end, dead_letters)

    def _write(self, delivery: Delivery, events: Sequence[ArchivedEvent]) -> None:
        try:
            with self._exclusive():
                head = self._current_head()
                if (delivery.store, delivery.chunk_id) != (head.store, head.chunk_id):
                    head = self._append(head, delivery, events)
                self._head = head
        except OSError as error:
            self._head = None
            reason = error.strerror or error
            raise Retry(
                f"sinks.{self.name}.path: cannot write to {self._folder} ({reason}); check space and permissions"
            ) from error
        except ValueError as error:
            self._head = None
            raise Misconfigured(f"sinks.{self.name}: {error}") from None

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Write alone, also beside a process that owned the store until it was paused. Raises `Retry`."""
        make_folder(self._folder)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Retry(
                f"sinks.{self.name}.path: another process is writing to {self._folder}; stop it if it does not end"
            ) from None
        finally:
            os.close(folder)

    def _current_head(self) -> ArchiveHead:
        """The head, read again where another process has written since."""
        head = self._head
        if head and load(self._folder / HEAD, ArchiveHead) in (head, None):
            return head
        return self._recover()

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`; nothing is written."""
        try:
            make_folder(self._folder)
            self._read_head()
        except OSError as error:
            raise Misconfigured(
                f"sinks.{self.name}.path: cannot use {self._folder} ({error.strerror}); check path and permissions"
            ) from None
        except ValueError as error:
            raise Misconfigured(f"sinks.{self.name}: {error}") from None
        if not os.access(self._folder, os.W_OK):
            raise Misconfigured(f"sinks.{self.name}.path: cannot write to {self._folder}; check its permissions")
        return f"{self._folder} can be written"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return None

    def chain_head(self) -> str | None:
        """See `ChainedSink.chain_head`; also before this process has written a line."""
        head = self._head
        if head is None:
            try:
                head = load(self._folder / HEAD, ArchiveHead)
            except (OSError, ValueError):
                return None
        return head.hash if head and head.seq else None

    def close(self) -> None:
        """See `Sink.close`; nothing is open between deliveries."""

    def _append(self, head: ArchiveHead, delivery: Delivery, events: Sequence[ArchivedEvent]) -> ArchiveHead:
        place = self._next_place(head, max(event.day for event in events))
        lines, seq, last = chained((event.body for event in events), head.seq, head.hash)
        member = compress(b"".join(lines))
        write_member(self._folder, place, member)
        after = ArchiveHead(
            day=place.day,
            part=place.part,
            length=place.length + len(member),
            seq=seq,
            hash=last,
            day_lines=place.day_lines + len(lines),
            store=delivery.store,
            chunk_id=delivery.chunk_id,
        )
        save(self._folder / HEAD, after)
        if after.day != head.day:
            self._trim(after)
        return after

    def _next_place(self, head: ArchiveHead, day: str) -> ArchiveHead:
        """Where the next member goes: behind the head, into the next part, or into a new day."""
        if day > head.day:
            close_day(self._folder, head)
            return head._replace(day=day, part=1, length=0, day_lines=0)
        if head.length > self._part_bytes:
            return head._replace(part=head.part + 1, length=0)
        return head

    def _trim(self, head: ArchiveHead) -> None:
        if self._keep is not None and head.day:
            today = min(date.fromisoformat(head.day), datetime.now(UTC).date())  # no clock alone makes a day old
            oldest = today - timedelta(days=self._keep)
            trim(self._folder, oldest.isoformat(), head.day)

    def _recover(self) -> ArchiveHead:
        """The head as the last process left it; its incomplete writes and removals are repaired."""
        make_private(self._folder)
        head = self._read_head()
        if head is None:
            head = ArchiveHead()
            save(self._folder / HEAD, head)
        cut_off(self._folder, head)
        finish_trim(self._folder, head.day)
        self._trim(head)
        return head

    def _read_head(self) -> ArchiveHead | None:
        """The head; `None` in a new archive. Raises `ValueError` when it is damaged or lost."""
        path = self._folder / HEAD
        try:
            head = load(path, ArchiveHead)
        except ValueError as error:
            raise ValueError(f"{path} is damaged ({error}); restore it or move it away") from None
        if head is None and any(parts(self._folder / day) for day in days(self._folder)):
            raise ValueError(
                f"{path} is missing although there are parts, so the chain has no head; "
                f"move the old archive away or set another sinks.{self.name}.path"
            )
        return head
