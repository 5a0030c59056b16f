"""Proves that an archive is intact, or names what is not: every line, every part, every day, and the chain's end.

Invariants:
- Memory is the same whatever the archive's size; no number in a file is used before it was compared.
- Only lines count, not how they are compressed: a recompressed archive is as intact as before.
- The beginning may be missing only as far as `trimmed.json` records; then the chain starts there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.chain import GENESIS, UnreadablePart, lines
from forwarder.sinks.archive.folder import (
    HEAD,
    MANIFEST,
    TRIMMED,
    DayManifest,
    TrimRecord,
    days,
    misnamed,
    part_name,
    parts,
)
from forwarder.sinks.archive.follower import ArchiveFault, ArchiveLocation, ChainFollower, FaultLog
from forwarder.sinks.archive.head_check import ChainPosition, HeadCheck

TRIES = 3


class VerificationReport(NamedTuple):
    """What was found. `lines`, `first` and `last` are about the lines up to the head."""

    days: int
    parts: int
    lines: int
    first: ChainPosition | None
    last: ChainPosition | None
    faults: tuple[ArchiveFault, ...]
    more_faults: int
    """Faults beyond those in `faults`."""
    notes: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(folder: Path, wanted: str | None = None) -> VerificationReport:
    """Check the archive in `folder`; `wanted` is a hash that must be in its chain.

    May run beside the forwarder: a fault is checked again if the forwarder wrote meanwhile.
    """
    for _ in range(TRIES):
        before = _state(folder)
        report = _Walk(folder, wanted).report()
        if report.intact or _state(folder) == before:
            break
    return report


def _state(folder: Path) -> list[tuple[int, int] | None]:
    """Changes whenever the forwarder has written or removed something."""
    return [_stamp(folder / name) for name in (HEAD, TRIMMED)]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


class _Walk:
    """One walk through an archive, from its first day to its last."""

    def __init__(self, folder: Path, wanted: str | None) -> None:
        self._folder = folder
        self._log = FaultLog()
        self._head_check = HeadCheck(folder, self._log, wanted)
        self._trimmed = self._log.load(folder, TRIMMED, TrimRecord)
        self._chain = _beginning(self._trimmed)
        self._days = 0
        self._parts = 0

    def report(self) -> VerificationReport:
        """Walk through the archive."""
        try:
            for day, closed in self._kept():
                self._day(day, closed)
            self._head_check.close(self._chain, self._trimmed)
        except OSError as error:
            self._log.add_file(error.filename or str(self._folder), f"cannot be read ({error.strerror})")
        ending, found = self._head_check, self._log
        counted = self._days, self._parts, ending.lines, ending.first, ending.last
        return VerificationReport(*counted, tuple(found.faults), found.more_faults, tuple(found.notes))

    def _kept(self) -> list[tuple[str, bool]]:
        """The days that should be there, and whether each must be closed, because a later one has lines."""
        present = days(self._folder)
        kept = [day for day in present if self._trimmed is None or day > self._trimmed.day]
        if self._trimmed:
            removed = f"the days up to {self._trimmed.day}, seq 1 to {self._trimmed.seq}"
            still = "; the forwarder's next start completes that" if len(kept) < len(present) else ""
            self._log.notes.append(f"{TRIMMED} records that retention removed {removed}{still}")
        filled = [day for day in kept if parts(self._folder / day)]
        return [(day, bool(filled) and day < filled[-1]) for day in kept]

    def _day(self, day: str, closed: bool) -> None:
        name = f"{day}/{MANIFEST}"
        manifest = self._log.load(self._folder, name, DayManifest)
        numbers, before = parts(self._folder / day), self._chain.lines
        for file, problem in self._misplaced(day, numbers, manifest):
            self._log.add_file(file, problem)
        for number in numbers:
            self._part(day, number, before)
        self._days += bool(numbers)
        self._parts += len(numbers)
        if manifest:
            self._compare(name, manifest, day, self._chain.lines - before)
        elif closed and numbers and not (self._folder / name).exists():
            self._log.add_file(name, "is missing, though the day is closed")

    def _part(self, day: str, number: int, before: int) -> None:
        file, line = f"{day}/{part_name(number)}", 0
        self._head_check.part(file)
        try:
            for line, raw in enumerate(lines(self._folder / file), 1):
                self._line(raw, ArchiveLocation(file, line), day, number, before)
            if line == 0:
                raise UnreadablePart("holds no line")
        except UnreadablePart as error:
            place = ArchiveLocation(file, line + 1)
            if not self._head_check.stopped(place, str(error)):
                self._log.add(ArchiveFault(place, self._chain.seq + 1, str(error)))
        except OSError as error:
            self._log.add_file(file, f"cannot be read ({error.strerror})")

    def _line(self, raw: bytes, place: ArchiveLocation, day: str, number: int, before: int) -> None:
        taken = self._chain.lines
        fault = self._chain.follow(raw, place)
        if fault:
            self._log.add(fault)
        if self._chain.lines > taken:
            self._head_check.line(self._chain, day, number, self._chain.lines - before)

    def _misplaced(self, day: str, numbers: list[int], manifest: DayManifest | None) -> Iterator[tuple[str, str]]:
        """Parts that are missing or too many, by their names."""
        last, source = self._stated_parts(day, manifest)
        before = 0
        for number in [*numbers, max(last, *numbers, 0) + 1]:
            if number > before + 1:
                more = f", and so are the parts up to {number - 1}" if number > before + 2 else ""
                recorded = f" ({source} records {last})" if before + 1 <= last else ""
                yield f"{day}/{part_name(before + 1)}", f"is missing{more}{recorded}"
            before = number
        if manifest and numbers and numbers[-1] > last:
            yield f"{day}/{part_name(numbers[-1])}", f"was added ({source} records {last})"
        for name in misnamed(self._folder / day):
            shown = name.encode("unicode_escape").decode()
            yield f"{day}/{shown}", "is not a name of a part: it was renamed or added"

    def _stated_parts(self, day: str, manifest: DayManifest | None) -> tuple[int, str]:
        """How many parts a day has at least, and the file that records it."""
        head = self._head_check.head
        if manifest:
            return manifest.parts, f"{day}/{MANIFEST}"
        return (head.part, HEAD) if head and head.day == day else (0, "")

    def _compare(self, name: str, manifest: DayManifest, day: str, counted: int) -> None:
        chain, recorded = self._chain, manifest._asdict()
        end = manifest.hash if manifest.hash in chain.ends else chain.ends[0]
        for key, value in {"day": day, "lines": counted, "seq": chain.seq, "hash": end}.items():
            if recorded[key] != value:
                self._log.add_file(name, f"{key} is {recorded[key]!r}, but it is {value!r} up to {chain.place}")
        if self._head_check.head and self._head_check.passed and chain.seq > self._head_check.head.seq:
            self._head_check.ahead(name)


def _beginning(trimmed: TrimRecord | None) -> ChainFollower:
    if trimmed is None:
        return ChainFollower(ArchiveLocation("the beginning"), 0, GENESIS)
    return ChainFollower(ArchiveLocation(TRIMMED), trimmed.seq, trimmed.hash)
