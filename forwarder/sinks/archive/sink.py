"""The sink: deliveries become lines, days close, and days that are too old go."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from forwarder.errors import Misconfigured, Retry
from forwarder.gzip import compress
from forwarder.records import KeyFields
from forwarder.sinks.archive.chain import chained
from forwarder.sinks.archive.folder import HEAD, Head, days, load, parts, save
from forwarder.sinks.archive.retention import finish, trim
from forwarder.sinks.archive.settings import ArchiveSettings
from forwarder.sinks.archive.writer import close_day, cut_off, write_member
from forwarder.sinks.base import Settled
from forwarder.store import Chunk, Delivery

PART_BYTES = 64 * 1024 * 1024


def arrival_day(chunk: Chunk) -> str:
    """The day on which its events were collected, by their source's clock: a local clock that jumps closes no day."""
    logged_ms = max(KeyFields(*values).logged_ms for values, _ in chunk.pairs())
    return datetime.fromtimestamp(logged_ms / 1000, UTC).date().isoformat()


class ArchiveSink:
    """One folder, written by one thread."""

    lanes = 1

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
            reason = error.strerror or error
            raise Retry(f"sinks.{self.name}: {self._folder} cannot be written ({reason})") from error
        except ValueError as error:
            self._head = None
            raise Misconfigured(f"sinks.{self.name}: {error}") from None
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
        """The hash of the last confirmed line, also before this process has written one."""
        head = self._head
        if head is None:
            try:
                head = load(self._folder / HEAD, Head)
            except (OSError, ValueError):
                return None
        return head.hash if head and head.seq else None

    def close(self) -> None:
        """See `Sink.close`; nothing is held open."""

    def _append(self, head: Head, delivery: Delivery) -> Head:
        place = self._next_place(head, arrival_day(delivery.chunk))
        lines, seq, last = chained(delivery.chunk.lines(), head.seq, head.hash)
        member = compress(b"".join(lines))
        write_member(self._folder, place, member)
        after = Head(
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

    def _next_place(self, head: Head, day: str) -> Head:
        """Where the next member goes: behind the head, into the next part, or into a new day."""
        if day > head.day:
            close_day(self._folder, head)
            return head._replace(day=day, part=1, length=0, day_lines=0)
        if head.length > self._part_bytes:
            return head._replace(part=head.part + 1, length=0)
        return head

    def _trim(self, head: Head) -> None:
        if self._keep is not None and head.day:
            oldest = date.fromisoformat(head.day) - timedelta(days=self._keep)
            trim(self._folder, oldest.isoformat(), head.day)

    def _recover(self) -> Head:
        """The head as the last process left it; what it left half done is undone or done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        head = self._read_head()
        cut_off(self._folder, head)
        finish(self._folder, head.day)
        self._trim(head)
        return head

    def _read_head(self) -> Head:
        path = self._folder / HEAD
        try:
            head = load(path, Head)
        except ValueError as error:
            raise ValueError(f"{path} is damaged ({error}); restore it or move it away") from None
        if head:
            return head
        if any(parts(self._folder / day) for day in days(self._folder)):
            raise ValueError(
                f"{path} is missing beside existing parts, so the chain has no head; "
                f"move the old archive away or give another path"
            )
        save(path, Head())
        return Head()
