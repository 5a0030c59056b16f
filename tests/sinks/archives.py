"""Archives for the tests, and a process that archives numbered chunks until it is killed."""

import gzip
import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from forwarder.sinks.archive import ArchiveSettings, ArchiveSink, VerificationReport
from forwarder.store import Delivery
from tests.sinks.deliveries import Outcome, chunk, outcome

DAY = date(2026, 4, 10)
FIRST_DAY = date(2026, 1, 1)
SMALL_PART = 300


def archive(folder: Path) -> ArchiveSink:
    """A sink as a new process has it."""
    return ArchiveSink("archive", ArchiveSettings(path=folder))


def numbered(chunk_id: int, events: int = 3, store: str = "store-1", day: date = DAY) -> Delivery:
    """The delivery of a chunk with this number in its store, collected at noon of `day`."""
    noon = datetime.combine(day, time(12), UTC)
    events_of_it = chunk(events, logged_ms=round(noon.timestamp() * 1000), batch=chunk_id)
    return Delivery("archive", chunk_id, 0, 0, events_of_it, store)


class World:
    """An archive in `folder`, and the day on which its events are collected."""

    def __init__(self, folder: Path, keep: int | None = None) -> None:
        self.folder = folder
        self.keep = keep
        self.today = FIRST_DAY
        self.chunks = 0
        self.sink = self.restarted()

    def restarted(self) -> ArchiveSink:
        """The sink as the next process has it."""
        settings = ArchiveSettings(path=self.folder, keep=self.keep)
        self.sink = ArchiveSink("archive", settings, part_bytes=SMALL_PART)
        return self.sink

    def deliver(self, events: int = 2) -> Outcome:
        """One more chunk."""
        self.chunks += 1
        return outcome(self.sink.deliver(numbered(self.chunks, events, day=self.today)))

    def deliver_a_day(self, chunks: int = 4) -> None:
        """Chunks on one day, then midnight."""
        for _ in range(chunks):
            assert self.deliver().error is None
        self.today += timedelta(days=1)

    def day(self, number: int) -> Path:
        """The folder of a day, from 0."""
        return self.folder / (FIRST_DAY + timedelta(days=number)).isoformat()

    def part(self, day: int, number: int) -> Path:
        """A part of a day."""
        return self.day(day) / f"part-{number:04d}.ndjson.gz"

    def head(self) -> str:
        """What the SIEM holds."""
        head = self.sink.chain_head()
        assert head
        return head


def built(folder: Path, days: int = 3) -> World:
    """An archive of so many days, each with two parts of four lines, in members of two."""
    world = World(folder)
    for _ in range(days):
        world.deliver_a_day()
    assert sorted(folder.glob("*/part-*")) == [world.part(day, part) for day in range(days) for part in (1, 2)]
    return world


def read(part: Path) -> list[bytes]:
    """The lines of a part, without newlines."""
    return gzip.decompress(part.read_bytes()).splitlines()


def write(part: Path, lines: list[bytes]) -> None:
    """Compress these lines as another program would."""
    part.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)) if lines else b"")


def edit(file: Path, **values: object) -> None:
    """Change values in a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def fault_text(report: VerificationReport) -> str:
    """Every fault, a line each."""
    return "\n".join(map(str, report.faults))


def main(folder: Path, first: int) -> None:
    """Archive until killed; each number is printed when it is confirmed."""
    sink = archive(folder)
    for chunk_id in count(first):
        if outcome(sink.deliver(numbered(chunk_id))).error is None:
            sys.stdout.write(f"{chunk_id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
