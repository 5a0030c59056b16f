"""The end of a chain: what `head.json` and the SIEM record, compared with the lines found.

Lines after the head are a write in progress, or an incomplete one after a crash: they are noted and not counted. That
is one delivery, so anything further behind shows that `head.json` is not the newest one.
"""

from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.folder import HEAD, TRIMMED, ArchiveHead, TrimRecord, part_name
from forwarder.sinks.archive.follower import ArchiveFault, ArchiveLocation, ChainFollower, FaultLog


class ChainPosition(NamedTuple):
    """A line by its number and hash."""

    seq: int
    hash: str


class HeadCheck:
    """Sees every line of the chain in order. `wanted`: a hash that one of them must have."""

    def __init__(self, folder: Path, log: FaultLog, wanted: str | None) -> None:
        self.lines = 0
        """Lines up to the head."""
        self.first: ChainPosition | None = None
        self.last: ChainPosition | None = None
        self.head = log.load(folder, HEAD, ArchiveHead)
        self.passed = self.head is not None and self.head.seq == 0
        """The head's line was seen: what follows is not confirmed."""
        if self.head and self.passed and self.head != ArchiveHead():
            log.add_file(HEAD, "records that nothing is written, but also a place where it is")
        self._folder = folder
        self._log = log
        self._wanted = wanted
        self._found: ArchiveLocation | None = None
        self._found_behind = False
        self._torn = False
        self._parts_behind = 0
        self._ahead: str | None = None

    def part(self, file: str) -> None:
        """The lines of this part follow."""
        self._parts_behind += self.passed
        if self._parts_behind > 1:
            self.ahead(file)

    def ahead(self, file: str) -> None:
        """This file cannot exist behind the newest head."""
        self._ahead = self._ahead or file

    def line(self, chain: ChainFollower, day: str, number: int, day_lines: int) -> None:
        """The chain has taken a line."""
        if self._wanted in chain.ends:
            self._found, self._found_behind = chain.place, self.passed
        if self.passed:
            return
        self.lines += 1
        self.last = ChainPosition(chain.seq, chain.ends[0])
        self.first = self.first or self.last
        if self.head and chain.seq >= self.head.seq:
            self.passed = True
            self._compare(self.head, chain, {"day": day, "part": number, "day_lines": day_lines})

    def stopped(self, place: ArchiveLocation, problem: str) -> bool:
        """Whether a part that cannot be read further is what a crash leaves behind the head; then it is noted."""
        torn = self.passed and self._has_more_than_confirmed(place.file)
        if torn:
            self._torn = True
            self._log.notes.append(f"{place}: {problem}; it is behind {HEAD}: {_UNCONFIRMED}")
        return torn

    def _has_more_than_confirmed(self, file: str) -> bool:
        head = self.head
        if head is None or file != f"{head.day}/{part_name(head.part)}":
            return True
        return (self._folder / file).stat().st_size > head.length

    def close(self, chain: ChainFollower, trimmed: TrimRecord | None) -> None:
        """The chain is at its end."""
        if self.head is None:
            if not (self._folder / HEAD).exists():
                self._log.add_file(HEAD, "is missing: it was removed, or this is no archive")
        elif not self.passed:
            problem = f"was written last, but the chain ends with seq {chain.seq} ({chain.place}): its end was cut off"
            self._log.add(ArchiveFault(ArchiveLocation(HEAD), self.head.seq, problem))
        elif self._log.load(self._folder, HEAD, ArchiveHead) == self.head:
            self._behind(self.head, chain)
        if self._wanted and self._found is None and not (trimmed and trimmed.hash == self._wanted):
            self._log.add_file("--head", f"{self._wanted} is no line's hash: {_GONE}{_OR_TRIMMED if trimmed else ''}")

    def _compare(self, head: ArchiveHead, chain: ChainFollower, found: dict[str, object]) -> None:
        recorded = head._asdict()
        found = {"seq": chain.seq, "hash": head.hash if head.hash in chain.ends else chain.ends[0], **found}
        for name, value in found.items():
            if recorded[name] != value:
                problem = f"{name} is {recorded[name]!r}, but seq {chain.seq} ({chain.place}) has {value!r}"
                self._log.add(ArchiveFault(ArchiveLocation(HEAD), head.seq, problem))

    def _behind(self, head: ArchiveHead, chain: ChainFollower) -> None:
        """What is behind a head that did not move meanwhile."""
        if self._ahead or self._found_behind:
            problem = f"is not the newest: {self._ahead or '--head'} is behind it; the chain goes on to seq {chain.seq}"
            self._log.add(ArchiveFault(ArchiveLocation(HEAD), head.seq, problem))
        elif chain.seq > head.seq:
            self._log.notes.append(f"seq {head.seq + 1} to {chain.seq} are behind {HEAD}: {_UNCONFIRMED}")
        elif head.seq and not self._torn:
            self._measure(head)

    def _measure(self, head: ArchiveHead) -> None:
        path = self._folder / head.day / part_name(head.part)
        if path.exists() and (size := path.stat().st_size) != head.length:
            self._log.notes.append(
                f"{head.day}/{path.name} has {size} bytes, {HEAD} records {head.length}: it was probably recompressed; "
                f"do not let the forwarder write to this folder again"
            )


_UNCONFIRMED = "a write in progress, or an incomplete one after a crash; not counted"
_GONE = "lines were cut off the end, or the chain was rewritten"
_OR_TRIMMED = f"; or its line was among those that {TRIMMED} records as removed"
