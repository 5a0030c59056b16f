"""Follows the chain line by line, and names what happened to a line that does not continue it.

Invariants:
- A line without fault is proven: its number, its predecessor and its hash are the only ones possible there.
- After a fault the chain is taken up again where the lines themselves continue, so one change is reported once or
  twice, not once for every line behind it.
- Memory is the same however many faults there are.
"""

from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.chain import ArchiveLine, parsed
from forwarder.sinks.archive.folder import Record, load

MAX_FAULTS = 20
"""So many faults are kept; the rest is counted."""


class ArchiveLocation(NamedTuple):
    """A file of the archive, by its relative path, and the line in it (from 1) if it is about one."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file} line {self.line}"


class ArchiveFault(NamedTuple):
    """One thing that is wrong, where, and its sequence number."""

    place: ArchiveLocation
    seq: int | None
    problem: str

    def __str__(self) -> str:
        about = "" if self.seq is None else f", seq {self.seq}"
        return f"{self.place}{about}: {self.problem}"


class FaultLog:
    """The faults of a verification, and notes on what is in order and worth knowing."""

    def __init__(self) -> None:
        self.faults: list[ArchiveFault] = []
        self.more_faults = 0
        self.notes: list[str] = []

    def add(self, fault: ArchiveFault) -> None:
        """Record a fault."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)
        else:
            self.more_faults += 1

    def add_file(self, name: str, problem: str) -> None:
        """Record a fault of a whole file."""
        self.add(ArchiveFault(ArchiveLocation(name), None, problem))

    def load(self, folder: Path, name: str, kind: type[Record]) -> Record | None:
        """The record in a file of the archive; `None` without the file, and when it is damaged, which is a fault."""
        try:
            return load(folder / name, kind)
        except ValueError as error:
            self.add_file(name, f"is damaged ({error})")
        except OSError as error:
            self.add_file(name, f"cannot be read ({error.strerror})")
        return None


class ChainFollower:
    """Is behind the line `seq`, whose hash is `last`; `place` is where that is known from."""

    def __init__(self, place: ArchiveLocation, seq: int, last: str) -> None:
        self.place = place
        self.seq = seq
        self.lines = 0
        self.ends: tuple[str, ...] = (last,)
        """What the next line may continue: the hash in the last line and, if another, the one over its content."""
        self._displaced: int | None = None
        """Number of the line before, if it was out of place: a run of such lines is one fault."""

    def follow(self, raw: bytes, place: ArchiveLocation) -> ArchiveFault | None:
        """Take the next line. `lines` grows when it belongs to the chain, with or without a fault."""
        line = parsed(raw)
        if line is None:
            return ArchiveFault(place, None, "is not a line of an archive: it was changed or inserted")
        expected = line.expected_hash()
        if line.prev in self.ends:
            fault = self._linked(line, expected, place)
        elif line.seq == self.seq + 1:
            fault = self._unlinked(line, expected, place)
        else:
            return self._elsewhere(line, expected, place)
        right = self.lines == 0 and line.hash == expected  # then it is the start that has another number
        self._take(line.seq if right else self.seq + 1, line, expected, place)
        return fault

    def _take(self, seq: int, line: ArchiveLine, expected: str, place: ArchiveLocation) -> None:
        self.place = place
        self.seq = seq
        self.lines += 1
        self.ends = (line.hash,) if line.hash == expected else (line.hash, expected)
        self._displaced = None

    def _linked(self, line: ArchiveLine, expected: str, place: ArchiveLocation) -> ArchiveFault | None:
        """A line that continues the one before."""
        seq = self.seq + 1
        if line.seq != seq:
            return ArchiveFault(place, seq, f"was changed: its seq is {line.seq}, after seq {self.seq} ({self.place})")
        if line.hash != expected:
            return ArchiveFault(place, seq, f"was changed: its hash is {line.hash}, its content has {expected}")
        return None

    def _unlinked(self, line: ArchiveLine, expected: str, place: ArchiveLocation) -> ArchiveFault:
        """A line with the right number that continues something else."""
        if line.hash != expected:
            problem = f"was changed: its prev is {line.prev}, the line before has {self.ends[0]}"
            return ArchiveFault(place, line.seq, problem)
        if self.lines == 0:
            return ArchiveFault(place, line.seq, f"continues {line.prev}, but {self.place} is {self.ends[0]}")
        return ArchiveFault(
            self.place, self.seq, f"was changed: its hash is {self.ends[0]}, but {place} continues {line.prev}"
        )

    def _elsewhere(self, line: ArchiveLine, expected: str, place: ArchiveLocation) -> ArchiveFault | None:
        """A line with another number that continues something else."""
        wanted = self.seq + 1
        if line.hash != expected:
            problem = f"was changed or inserted: seq {wanted} is expected here, and its hash is wrong"
            return ArchiveFault(place, line.seq, problem)
        if line.seq > wanted:
            problem = f"seq {_span(wanted, line.seq - 1)} missing between {self.place} and here"
            self._take(line.seq, line, expected, place)
            return ArchiveFault(place, line.seq, problem)
        before, self._displaced = self._displaced, line.seq
        if before is not None and line.seq == before + 1:
            return None
        return ArchiveFault(place, line.seq, f"follows seq {self.seq} ({self.place}): duplicated, moved or inserted")


def _span(first: int, last: int) -> str:
    return f"{first} is" if first == last else f"{first} to {last} are"
