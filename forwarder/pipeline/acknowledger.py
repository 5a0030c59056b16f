"""Acknowledgements of one sink: asked for, noted; what never comes is sent once more, and then given up, in red.

- A number that is not acknowledged within `ack_timeout` may be forgotten (a restarted indexer, an answer lost on
  its way): its events are sent again.
- If that does not come either, the events count as delivered *unacknowledged*: sending for ever helps nobody.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.sinks import Acknowledging
from forwarder.status import Conditions, Metrics
from forwarder.store import PendingAck, Store

SOONEST, LATEST = 0.5, 10.0
MOST_AT_ONCE = 1000
DOWN_IS_RED = 60.0
_log = structlog.get_logger()


class Acknowledger:
    """Asks for what is handed over to `sink`. `settled` is told how many events are confirmed."""

    def __init__(
        self,
        name: str,
        sink: Acknowledging,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        stop: threading.Event,
        settled: Callable[[int], None],
    ) -> None:
        self.asked = 0
        """Questions answered while something waited: progress, even without acknowledgements."""
        self.name = name
        self._sink = sink
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._settled = settled
        self._subject = f"sinks.{name}.acks"
        self._since: dict[int, float] = {}
        """Since when this process waits for each, by the monotonic clock: a local clock that jumps is no deadline."""
        self._given_up = f"{self._subject}.given_up"

    def run(self) -> None:
        """Ask until told to stop, more seldom while nothing comes."""
        pause = SOONEST
        while not self._stop.wait(pause):
            pause = SOONEST if self.ask_once() else min(pause * 1.5, LATEST)

    def ask_once(self) -> bool:
        """Ask once for everything that waits; whether something came."""
        waiting = self._store.pending_acks(self.name)
        came = False
        try:
            for channel, acks in _by_channel(waiting):
                came |= self._ask(channel, acks)
        except Retry as error:
            self._failed(error, DOWN_IS_RED)
        except Fatal as error:
            self._failed(error, 0)
        self._look_after_overdue(self._store.pending_acks(self.name))
        return came or not waiting

    def _ask(self, channel: str, waiting: Sequence[PendingAck]) -> bool:
        there = self._sink.acknowledged(channel, [row.ack for row in waiting])
        self.asked += 1
        self._conditions.resolve(self._subject)
        came = [row for row in waiting if row.ack in there]
        if came:
            self._note(came)
            self._conditions.resolve(self._given_up)
        return bool(came)

    def _note(self, came: Sequence[PendingAck]) -> None:
        """An acknowledgement is told once: it is held while the store cannot be written."""
        while not self._noted(came):
            if self._stop.wait(1.0):
                return
        self._settled(sum(row.events for row in came))

    def _noted(self, came: Sequence[PendingAck]) -> bool:
        try:
            self._store.acknowledge(self.name, [row.id for row in came])
        except StoreUnavailable as error:
            self._conditions.report("store", str(error))
            return False
        return True

    def _look_after_overdue(self, waiting: Sequence[PendingAck]) -> None:
        now = time.monotonic()
        self._since = {row.id: self._since.get(row.id, now) for row in waiting}
        overdue = [row for row in waiting if now - self._since[row.id] > self._sink.ack_timeout]
        if once := [row for row in overdue if not row.again]:
            self._store.send_again([row.id for row in once])
            _log.warning("not acknowledged, sent again", sink=self.name, events=sum(row.events for row in once))
        if twice := [row for row in overdue if row.again]:
            self._give_up(twice)

    def _give_up(self, twice: Sequence[PendingAck]) -> None:
        events = sum(row.events for row in twice)
        self._note(twice)
        self._metrics.unacknowledged.labels(self.name).inc(events)
        reason = f"{events} events were taken twice and never acknowledged: look for them in Splunk's index"
        self._conditions.report(self._given_up, reason)
        _log.error("unacknowledged", sink=self.name, events=events)

    def _failed(self, error: Retry | Fatal, red_after: float) -> None:
        self._metrics.failures.labels(self._subject, type(error).__name__.lower()).inc()
        if self._conditions.report(self._subject, str(error), red_after):
            _log.warning("acknowledgements cannot be asked for", sink=self.name, reason=str(error))


def _by_channel(waiting: Iterable[PendingAck]) -> list[tuple[str, list[PendingAck]]]:
    """What waits, a question each: one channel, not too many numbers."""
    channels: dict[str, list[PendingAck]] = {}
    for row in waiting:
        channels.setdefault(row.channel, []).append(row)
    return [
        (channel, rows[start : start + MOST_AT_ONCE])
        for channel, rows in channels.items()
        for start in range(0, len(rows), MOST_AT_ONCE)
    ]
