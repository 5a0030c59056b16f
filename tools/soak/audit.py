"""The result of a soak test: what the simulator issued, compared with what each sink received."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from forwarder.simulator.audit import account


class SinkResult(NamedTuple):
    """The numbers of events of one sink."""

    sink: str
    delivered: int
    lost: int
    duplicated: int
    limit: int
    """The number of duplicates that is allowed."""

    @property
    def passed(self) -> bool:
        """Whether nothing is lost and duplicates are within the limit."""
        return self.lost == 0 and self.duplicated <= self.limit


class SoakResult(NamedTuple):
    """The result of a whole soak test."""

    kills: int
    runs: int
    requests: int
    issued: int
    faults: int
    vanished: int
    """Events that a crashing indexer took and lost."""
    sinks: tuple[SinkResult, ...]
    exit_code: int
    """Of the last run, which is not killed."""
    seed: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every sink passed and the last run exited with 0."""
        return self.exit_code == 0 and all(sink.passed for sink in self.sinks)


def audit(
    issued: Collection[str], received: Mapping[str, Iterable[Mapping[str, Any]]], limits: Mapping[str, int]
) -> tuple[SinkResult, ...]:
    """Compares the events of each sink in `received` with the ids that were `issued`."""
    return tuple(SinkResult(sink, *account(issued, events), limits[sink]) for sink, events in received.items())


def table(result: SoakResult) -> Iterator[str]:
    """The result as lines of text."""
    headings = ("kills", "runs", "requests", "issued", "faults", "vanished", "seed", "seconds")
    yield "".join(f"{heading:>10}" for heading in headings)
    yield (
        f"{result.kills:>10}{result.runs:>10}{result.requests:>10,}{result.issued:>10,}{result.faults:>10}"
        f"{result.vanished:>10,}{result.seed:>10}{result.seconds:>10.0f}"
    )
    yield f"{'sink':<10}{'delivered':>12}{'lost':>8}{'duplicated':>12}{'limit':>10}"
    for sink in result.sinks:
        failed = "" if sink.passed else "  FAILED"
        yield f"{sink.sink:<10}{sink.delivered:>12,}{sink.lost:>8,}{sink.duplicated:>12,}{sink.limit:>10,}{failed}"
    if result.exit_code:
        yield f"the last run ended with exit code {result.exit_code}"
