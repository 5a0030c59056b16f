"""The end of a chain: what `head.json` and the SIEM say it is, against the line where it was found.

Lines behind the head are a write under way, or what a crash left half done: they are noted and not counted. That is
one delivery, so whatever is further behind says that `head.json` is not the newest one.
"""

from pathlib import Path
from typing import NamedTuple

from forwarder.sinks.archive.findings import Fault, Findings, Place
from forwarder.sinks.archive.folder import HEAD, TRIMMED, Head, Trimmed, part_name
from forwarder.sinks.archive.follower import Follower


class Link(NamedTuple):
    """A line by its number and hash."""

    seq: int
    hash: str


class Ending:
    """Watches the lines of the chain pass by. `wanted`: a hash that one of them must have."""

    def __init__(self, folder: Path, findings: Findings, wanted: str | None) -> None:
        self.lines = 0
        """Lines up to the head."""
        self.first: Link | None = None
        self.last: Link | None = None
        self.head = findings.load(folder, HEAD, Head)
        self.passed = self.head is not None and self.head.seq == 0
        """The head's line was there: what follows is not confirmed."""
        if self.head and self.passed and self.head != Head():
            findings.file(HEAD, "says that nothing was written yet, and where it was")
        self._folder = folder
        self._findings = findings
        self._wanted = wanted
        self._found: Place | None = None
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
        """This file is none that can be behind the newest head."""
        self._ahead = self._ahead or file

    def line(self, chain: Follower, day: str, number: int, day_lines: int) -> None:
        """The chain has taken a line."""
        if self._wanted in chain.ends:
            self._found, self._found_behind = chain.place, self.passed
        if self.passed:
            return
        self.lines += 1
        self.last = Link(chain.seq, chain.ends[0])
        self.first = self.first or self.last
        if self.head and chain.seq >= self.head.seq:
            self.passed = True
            self._compare(self.head, chain, {"day": day, "part": number, "day_lines": day_lines})

    def stopped(self, place: Place, problem: str) -> bool:
        """Whether a part that cannot be read any further is what a crash leaves behind the head; then it is noted."""
        torn = self.passed and self._has_more_than_confirmed(place.file)
        if torn:
            self._torn = True
            self._findings.notes.append(f"{place}: {problem}; it is behind {HEAD}: {_UNCONFIRMED}")
        return torn

    def _has_more_than_confirmed(self, file: str) -> bool:
        head = self.head
        if head is None or file != f"{head.day}/{part_name(head.part)}":
            return True
        return (self._folder / file).stat().st_size > head.length

    def close(self, chain: Follower, trimmed: Trimmed | None) -> None:
        """The chain is at its end."""
        if self.head is None:
            if not (self._folder / HEAD).exists():
                self._findings.file(HEAD, "is missing: it was removed, or this is no archive")
        elif not self.passed:
            problem = f"was written last, but the chain ends with seq {chain.seq} ({chain.place}): its end was cut off"
            self._findings.wrong(Fault(Place(HEAD), self.head.seq, problem))
        elif self._findings.load(self._folder, HEAD, Head) == self.head:
            self._behind(self.head, chain)
        if self._wanted and self._found is None and not (trimmed and trimmed.hash == self._wanted):
            self._findings.file("--head", f"{self._wanted} is no line's hash: {_GONE}{_OR_TRIMMED if trimmed else ''}")

    def _compare(self, head: Head, chain: Follower, found: dict[str, object]) -> None:
        said = head._asdict()
        found = {"seq": chain.seq, "hash": head.hash if head.hash in chain.ends else chain.ends[0], **found}
        for name, value in found.items():
            if said[name] != value:
                problem = f"{name} is {said[name]!r}, but seq {chain.seq} ({chain.place}) has {value!r}"
                self._findings.wrong(Fault(Place(HEAD), head.seq, problem))

    def _behind(self, head: Head, chain: Follower) -> None:
        """What is behind a head that did not move meanwhile."""
        if self._ahead or self._found_behind:
            problem = f"is not the newest: {self._ahead or '--head'} is behind it; the chain goes on to seq {chain.seq}"
            self._findings.wrong(Fault(Place(HEAD), head.seq, problem))
        elif chain.seq > head.seq:
            self._findings.notes.append(f"seq {head.seq + 1} to {chain.seq} are behind {HEAD}: {_UNCONFIRMED}")
        elif head.seq and not self._torn:
            self._measure(head)

    def _measure(self, head: Head) -> None:
        path = self._folder / head.day / part_name(head.part)
        if path.exists() and path.stat().st_size != head.length:
            self._findings.notes.append(
                f"{head.day}/{path.name} has {path.stat().st_size} bytes, {HEAD} says {head.length}: compressed anew? "
                f"The forwarder must not go on in this folder"
            )


_UNCONFIRMED = "a write under way, or left half done by a crash; not counted"
_GONE = "lines were cut off the end, or the chain was written anew"
_OR_TRIMMED = f"; or its line was among those that {TRIMMED} records as removed"
