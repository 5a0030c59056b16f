"""Proves that an archive is whole, or names what is not: every line, every part, every day, and the chain's end.

Invariants:
- Memory stays the same whatever the archive's size; no number that a file states is used before it was compared.
- Only lines count, not how they are compressed: an archive that was compressed anew is as whole as before.
- A beginning may be missing only as far as `trimmed.json` says, and then the chain starts where that says.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.chain import GENESIS
from forwarder.sinks.archive.ending import Ending, Link
from forwarder.sinks.archive.findings import Fault, Findings, Place
from forwarder.sinks.archive.folder import HEAD, MANIFEST, TRIMMED, Manifest, Trimmed, days, misnamed, part_name, parts
from forwarder.sinks.archive.follower import Follower
from forwarder.sinks.archive.reader import Unreadable, lines

TRIES = 3


class Report(NamedTuple):
    """What was found. `lines`, `first` and `last` are about the lines up to the head."""

    days: int
    parts: int
    lines: int
    first: Link | None
    last: Link | None
    faults: tuple[Fault, ...]
    untold: int
    """Faults beyond those in `faults`."""
    notes: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(folder: Path, wanted: str | None = None) -> Report:
    """Check the archive in `folder`; `wanted` is a hash that must be in its chain.

    May run beside the forwarder: when that went on meanwhile, what looks like a fault is looked at again.
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
        self._findings = Findings()
        self._ending = Ending(folder, self._findings, wanted)
        self._trimmed = self._findings.load(folder, TRIMMED, Trimmed)
        self._chain = _beginning(self._trimmed)
        self._days = 0
        self._parts = 0

    def report(self) -> Report:
        """Walk, and say what was found."""
        try:
            for day, closed in self._kept():
                self._day(day, closed)
            self._ending.close(self._chain, self._trimmed)
        except OSError as error:
            self._findings.file(error.filename or str(self._folder), f"cannot be read ({error.strerror})")
        ending, found = self._ending, self._findings
        counted = self._days, self._parts, ending.lines, ending.first, ending.last
        return Report(*counted, tuple(found.faults), found.untold, tuple(found.notes))

    def _kept(self) -> list[tuple[str, bool]]:
        """The days that should be there, and whether each must be closed, because a later one has lines."""
        present = days(self._folder)
        kept = [day for day in present if self._trimmed is None or day > self._trimmed.day]
        if self._trimmed:
            removed = f"the days up to {self._trimmed.day}, seq 1 to {self._trimmed.seq}"
            still = "; the forwarder's next start ends that" if len(kept) < len(present) else ""
            self._findings.notes.append(f"{TRIMMED} records that retention removed {removed}{still}")
        filled = [day for day in kept if parts(self._folder / day)]
        return [(day, bool(filled) and day < filled[-1]) for day in kept]

    def _day(self, day: str, closed: bool) -> None:
        name = f"{day}/{MANIFEST}"
        manifest = self._findings.load(self._folder, name, Manifest)
        numbers, before = parts(self._folder / day), self._chain.lines
        for file, problem in self._misplaced(day, numbers, manifest):
            self._findings.file(file, problem)
        for number in numbers:
            self._part(day, number, before)
        self._days += bool(numbers)
        self._parts += len(numbers)
        if manifest:
            self._compare(name, manifest, day, self._chain.lines - before)
        elif closed and numbers and not (self._folder / name).exists():
            self._findings.file(name, "is missing, though the day is over")

    def _part(self, day: str, number: int, before: int) -> None:
        file, line = f"{day}/{part_name(number)}", 0
        self._ending.part(file)
        try:
            for line, raw in enumerate(lines(self._folder / file), 1):
                self._line(raw, Place(file, line), day, number, before)
            if line == 0:
                raise Unreadable("holds no line")
        except Unreadable as error:
            place = Place(file, line + 1)
            if not self._ending.stopped(place, str(error)):
                self._findings.wrong(Fault(place, self._chain.seq + 1, str(error)))
        except OSError as error:
            self._findings.file(file, f"cannot be read ({error.strerror})")

    def _line(self, raw: bytes, place: Place, day: str, number: int, before: int) -> None:
        taken = self._chain.lines
        fault = self._chain.follow(raw, place)
        if fault:
            self._findings.wrong(fault)
        if self._chain.lines > taken:
            self._ending.line(self._chain, day, number, self._chain.lines - before)

    def _misplaced(self, day: str, numbers: list[int], manifest: Manifest | None) -> Iterator[tuple[str, str]]:
        """Parts that are missing or too many, by their names."""
        last, source = self._stated_parts(day, manifest)
        before = 0
        for number in [*numbers, max(last, *numbers, 0) + 1]:
            if number > before + 1:
                more = f", and so are the parts up to {number - 1}" if number > before + 2 else ""
                said = f" ({source} says that there are {last})" if before + 1 <= last else ""
                yield f"{day}/{part_name(before + 1)}", f"is missing{more}{said}"
            before = number
        if manifest and numbers and numbers[-1] > last:
            yield f"{day}/{part_name(numbers[-1])}", f"was added ({source} says that there are {last})"
        for name in misnamed(self._folder / day):
            shown = name.encode("unicode_escape").decode()
            yield f"{day}/{shown}", "is no part's name: it was renamed or added"

    def _stated_parts(self, day: str, manifest: Manifest | None) -> tuple[int, str]:
        """How many parts a day has, at least, and which file says so."""
        head = self._ending.head
        if manifest:
            return manifest.parts, f"{day}/{MANIFEST}"
        return (head.part, HEAD) if head and head.day == day else (0, "")

    def _compare(self, name: str, manifest: Manifest, day: str, counted: int) -> None:
        chain, said = self._chain, manifest._asdict()
        end = manifest.hash if manifest.hash in chain.ends else chain.ends[0]
        for key, value in {"day": day, "lines": counted, "seq": chain.seq, "hash": end}.items():
            if said[key] != value:
                self._findings.file(name, f"{key} is {said[key]!r}, but it is {value!r} up to {chain.place}")
        if self._ending.head and self._ending.passed and chain.seq > self._ending.head.seq:
            self._ending.ahead(name)


def _beginning(trimmed: Trimmed | None) -> Follower:
    if trimmed is None:
        return Follower(Place("the beginning"), 0, GENESIS)
    return Follower(Place(TRIMMED), trimmed.seq, trimmed.hash)
