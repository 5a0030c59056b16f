"""`run --once`: every source read up to the start of the run, everything delivered, or given up.

Invariants:
- Each source reads until its first completed read, which ends after the start of the run, and no further: rows that
  appear meanwhile, such as those that its own requests cause, are for the next run.
- Progress is each part's own. The run ends when each source and each sink is done or has made no progress for
  `STALLED_AFTER` seconds, whatever the others do.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from forwarder.pipeline.collector import SourceCollector
from forwarder.pipeline.delivery_workers import DeliveryWorkers, StallDetector
from forwarder.store import Store


class RunPart(NamedTuple):
    """A source or a sink. `progress` gives a value that changes while it comes nearer to its end."""

    is_done: Callable[[], bool]
    progress: Callable[[], object]
    detector: StallDetector

    def goes_on(self) -> bool:
        """Whether it is neither done nor stalled. Call it regularly."""
        if self.is_done():
            self.detector.restart()
            return False
        return not self.detector.stalled(self.progress())


def source_parts(collectors: Iterable[SourceCollector], workers: DeliveryWorkers, store: Store) -> list[RunPart]:
    """A part a source. While the store is full, a source waits for the sinks, and what they confirm is its progress."""

    def part(collector: SourceCollector) -> RunPart:
        def progress() -> object:
            return collector.progress(), workers.delivered() if store.full() else None

        return RunPart(collector.caught_up.is_set, progress, StallDetector())

    return [part(collector) for collector in collectors]


def sink_parts(workers: DeliveryWorkers, store: Store) -> list[RunPart]:
    """A part a sink: done while nothing waits for it, and getting on while it confirms."""

    def part(name: str) -> RunPart:
        return RunPart(lambda: not store.backlog()[name], lambda: workers.progress_of(name), StallDetector())

    return [part(name) for name in workers.delivered()]


def any_goes_on(parts: Iterable[RunPart]) -> bool:
    """Whether some part is neither done nor stalled; each is asked."""
    going_on = [part for part in parts if part.goes_on()]
    return bool(going_on)
