"""Archiving numbered chunks; as a process of its own for ever, to be killed in the middle of it."""

import sys
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path

from forwarder.sinks.archive import ArchiveSettings, ArchiveSink
from forwarder.store import Delivery
from tests.sinks.deliveries import chunk, outcome

DAY = date(2026, 4, 10)


def archive(folder: Path) -> ArchiveSink:
    """A sink as a new process has it."""
    return ArchiveSink("archive", ArchiveSettings(path=folder))


def numbered(chunk_id: int, events: int = 3, store: str = "store-1", day: date = DAY) -> Delivery:
    """The delivery of a chunk with this number in its store, collected at noon of `day`."""
    noon = datetime.combine(day, time(12), UTC)
    events_of_it = chunk(events, logged_ms=round(noon.timestamp() * 1000), batch=chunk_id)
    return Delivery("archive", chunk_id, 0, 0, events_of_it, store)


def main(folder: Path, first: int) -> None:
    """Archive until killed; each number is said when it is confirmed."""
    sink = archive(folder)
    for chunk_id in count(first):
        if outcome(sink.deliver(numbered(chunk_id))).error is None:
            sys.stdout.write(f"{chunk_id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
