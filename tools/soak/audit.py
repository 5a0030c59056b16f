"""The auditor: what the simulator issued against what each sink holds, and the verdict."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from forwarder.simulator.audit import account


class Line(NamedTuple):
    """One sink's line of the books, in events."""

    sink: str
    delivered: int
    lost: int
    duplicated: int
    limit: int

    @property
    def balanced(self) -> bool:
        """Whether nothing is lost and no more came twice than may have."""
        return self.lost == 0 and self.duplicated <= self.limit


class Books(NamedTuple):
    """A whole soak."""

    kills: int
    lives: int
    requests: int
    issued: int
    faults: int
    vanished: int
    lines: tuple[Line, ...]
    exit_code: int
    """The last life's, which nobody killed."""
    seed: int
    seconds: float

    @property
    def balanced(self) -> bool:
        """Whether every line is, and the forwarder ended well."""
        return self.exit_code == 0 and all(line.balanced for line in self.lines)


def audit(
    issued: Collection[str], held: Mapping[str, Iterable[Mapping[str, Any]]], limits: Mapping[str, int]
) -> tuple[Line, ...]:
    """A line for each sink of `held`: its events against the ids that were `issued`."""
    return tuple(Line(sink, *account(issued, events), limits[sink]) for sink, events in held.items())


def table(books: Books) -> Iterator[str]:
    """The books, to be read by a person."""
    heads = ("kills", "lives", "requests", "issued", "faults", "vanished", "seed", "seconds")
    yield "".join(f"{head:>10}" for head in heads)
    yield (
        f"{books.kills:>10}{books.lives:>10}{books.requests:>10,}{books.issued:>10,}{books.faults:>10}"
        f"{books.vanished:>10,}{books.seed:>10}{books.seconds:>10.0f}"
    )
    yield f"{'sink':<10}{'delivered':>12}{'lost':>8}{'duplicated':>12}{'limit':>10}"
    for line in books.lines:
        wrong = "" if line.balanced else "  WRONG"
        yield f"{line.sink:<10}{line.delivered:>12,}{line.lost:>8,}{line.duplicated:>12,}{line.limit:>10,}{wrong}"
    if books.exit_code:
        yield f"the last life ended with exit code {books.exit_code}"
