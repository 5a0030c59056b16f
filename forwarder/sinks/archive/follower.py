"""Follows the chain line by line, and says of a line that does not belong what happened to it.

Invariants:
- A line without fault is proven: its number, what it continues and its hash are the only ones possible there.
- After a fault the chain is taken up again where the lines themselves go on, so one change is told once or twice,
  not once for every line behind it.
"""

from forwarder.sinks.archive.chain import Line, parsed
from forwarder.sinks.archive.findings import Fault, Place


class Follower:
    """Stands behind the line `seq`, whose hash is `last`; `place` is where that is known from."""

    def __init__(self, place: Place, seq: int, last: str) -> None:
        self.place = place
        self.seq = seq
        self.lines = 0
        self.ends: tuple[str, ...] = (last,)
        """What the next line may continue: the hash that the last line states and, if another, the one it should."""
        self._displaced: int | None = None
        """The line before, where it did not belong: a run of such lines is one fault."""

    def follow(self, raw: bytes, place: Place) -> Fault | None:
        """Take the next line. `lines` grows when it belongs to the chain, with or without a fault."""
        line = parsed(raw)
        if line is None:
            return Fault(place, None, "is no line of an archive: it was changed or inserted")
        proven = line.proven()
        if line.prev in self.ends:
            fault = self._linked(line, proven, place)
        elif line.seq == self.seq + 1:
            fault = self._unlinked(line, proven, place)
        else:
            return self._elsewhere(line, proven, place)
        right = self.lines == 0 and line.hash == proven  # then it is the start that has another number
        self._take(line.seq if right else self.seq + 1, line, proven, place)
        return fault

    def _take(self, seq: int, line: Line, proven: str, place: Place) -> None:
        self.place = place
        self.seq = seq
        self.lines += 1
        self.ends = (line.hash,) if line.hash == proven else (line.hash, proven)
        self._displaced = None

    def _linked(self, line: Line, proven: str, place: Place) -> Fault | None:
        """A line that continues the one before."""
        seq = self.seq + 1
        if line.seq != seq:
            return Fault(place, seq, f"was changed: its seq says {line.seq}, behind seq {self.seq} ({self.place})")
        if line.hash != proven:
            return Fault(place, seq, f"was changed: its hash says {line.hash}, its event gives {proven}")
        return None

    def _unlinked(self, line: Line, proven: str, place: Place) -> Fault:
        """A line with the right number that continues something else."""
        if line.hash != proven:
            return Fault(place, line.seq, f"was changed: its prev says {line.prev}, the line before has {self.ends[0]}")
        if self.lines == 0:
            return Fault(place, line.seq, f"continues {line.prev}, but {self.place} is {self.ends[0]}")
        return Fault(
            self.place, self.seq, f"was changed: its hash is {self.ends[0]}, but {place} continues {line.prev}"
        )

    def _elsewhere(self, line: Line, proven: str, place: Place) -> Fault | None:
        """A line with another number that continues something else."""
        wanted = self.seq + 1
        if line.hash != proven:
            return Fault(place, line.seq, f"was changed or inserted: seq {wanted} belongs here, and its hash is wrong")
        if line.seq > wanted:
            problem = f"seq {_span(wanted, line.seq - 1)} missing between {self.place} and here"
            self._take(line.seq, line, proven, place)
            return Fault(place, line.seq, problem)
        before, self._displaced = self._displaced, line.seq
        if before is not None and line.seq == before + 1:
            return None
        return Fault(place, line.seq, f"stands behind seq {self.seq} ({self.place}): duplicated, moved or inserted")


def _span(first: int, last: int) -> str:
    return f"{first} is" if first == last else f"{first} to {last} are"
