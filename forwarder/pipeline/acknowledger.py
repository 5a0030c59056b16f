"""Indexer acknowledgements of one sink: polled, recorded, and retried once before they are given up.

- A batch that is not acknowledged within `ack_timeout` is sent again: a restarted indexer or a lost response may have
  dropped the acknowledgement.
- A batch that is not acknowledged the second time counts as delivered *unacknowledged* and turns the forwarder red:
  retrying it forever would block its chunks.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.sinks import Acknowledging
from forwarder.status import Conditions, Metrics
from forwarder.store import PendingAck, Store

MIN_INTERVAL, MAX_INTERVAL = 0.5, 10.0
"""Seconds between two polls."""
MAX_ACKS_PER_QUERY = 1000
OUTAGE_GRACE = 60.0
"""Seconds that acknowledgements may be unavailable, or a query unanswered, before the forwarder is red."""
OVERDUE = (
    f"acknowledgements are pending and no query was answered within {OUTAGE_GRACE:g} s: the destination does not "
    f"answer; check the network path to it"
)
_log = structlog.get_logger()


class Acknowledger:
    """Polls `sink` for the acknowledgement of what it took. `on_confirmed` receives the number of events confirmed."""

    def __init__(
        self,
        name: str,
        sink: Acknowledging,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        stop: threading.Event,
        on_confirmed: Callable[[int], None],
    ) -> None:
        self.polls = 0
        """Queries that were answered while something waited: progress, even without an acknowledgement."""
        self.name = name
        self._sink = sink
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._on_confirmed = on_confirmed
        self._subject = f"sinks.{name}.acks"
        self._waiting_since: dict[int, float] = {}
        """By pending ack, on the monotonic clock: a local clock that jumps must not expire anything."""
        self._given_up = f"{self._subject}.given_up"
        self._is_expected = False

    def run(self) -> None:
        """Poll until stopped, less often while nothing is acknowledged."""
        interval = MIN_INTERVAL
        while not self._stop.wait(interval):
            interval = MIN_INTERVAL if self.poll_once() else min(interval * 1.5, MAX_INTERVAL)

    def poll_once(self) -> bool:
        """Query every pending acknowledgement once. True when one came or none is pending."""
        pending = self._store.pending_acks(self.name)
        self._expect_an_answer(bool(pending))
        acknowledged = False
        try:
            for channel, acks in _by_channel(pending):
                acknowledged |= self._query(channel, acks)
        except Retry as error:
            self._failed(error, OUTAGE_GRACE)
        except Fatal as error:
            self._failed(error, 0)
        try:
            self._retry_overdue(self._store.pending_acks(self.name))
        except StoreUnavailable as error:
            self._conditions.report("store", str(error), by=self._subject)
        return acknowledged or not pending

    def _expect_an_answer(self, is_pending: bool) -> None:
        """An answer is due, by time alone, from the moment one is pending until none is."""
        if is_pending and not self._is_expected:
            self._conditions.expect(self._subject, OUTAGE_GRACE, OVERDUE)
        if not is_pending:
            self._conditions.expect_nothing(self._subject)
        self._is_expected = is_pending

    def _query(self, channel: str, pending: Sequence[PendingAck]) -> bool:
        acknowledged = self._sink.acknowledged(channel, [row.ack for row in pending])
        self.polls += 1
        self._conditions.expect(self._subject, OUTAGE_GRACE, OVERDUE)
        self._conditions.resolve(self._subject)
        confirmed = [row for row in pending if row.ack in acknowledged]
        if confirmed:
            self._confirm(confirmed)
            self._conditions.resolve(self._given_up)
        return bool(confirmed)

    def _confirm(self, confirmed: Sequence[PendingAck]) -> None:
        """Splunk reports an acknowledgement only once, so it is kept until the store can be written."""
        while not self._recorded(confirmed):
            if self._stop.wait(1.0):
                return
        self._on_confirmed(sum(row.events for row in confirmed))

    def _recorded(self, confirmed: Sequence[PendingAck]) -> bool:
        try:
            self._store.acknowledge(self.name, [row.id for row in confirmed])
        except StoreUnavailable as error:
            self._conditions.report("store", str(error), by=self._subject)
            return False
        self._conditions.resolve("store", by=self._subject)
        return True

    def _retry_overdue(self, pending: Sequence[PendingAck]) -> None:
        now = time.monotonic()
        self._waiting_since = {row.id: self._waiting_since.get(row.id, now) for row in pending}
        overdue = [row for row in pending if now - self._waiting_since[row.id] > self._sink.ack_timeout]
        if first_time := [row for row in overdue if not row.again]:
            self._store.send_again([row.id for row in first_time])
            self._conditions.resolve("store", by=self._subject)
            events = sum(row.events for row in first_time)
            _log.warning("events not acknowledged, sending again", sink=self.name, events=events)
        if second_time := [row for row in overdue if row.again]:
            self._give_up(second_time)

    def _give_up(self, overdue: Sequence[PendingAck]) -> None:
        events = sum(row.events for row in overdue)
        self._confirm(overdue)
        self._metrics.unacknowledged.labels(self.name).inc(events)
        reason = f"{events} events were sent twice and never acknowledged; search the Splunk index for them"
        self._conditions.report(self._given_up, reason)
        _log.error("events never acknowledged", sink=self.name, events=events)

    def _failed(self, error: Retry | Fatal, grace: float) -> None:
        self._metrics.failures.labels(self._subject, type(error).__name__.lower()).inc()
        if self._conditions.report(self._subject, str(error), grace):
            _log.warning("acknowledgement query failed", sink=self.name, reason=str(error))


def _by_channel(pending: Iterable[PendingAck]) -> list[tuple[str, list[PendingAck]]]:
    """The queries to make: one channel each, at most `MAX_ACKS_PER_QUERY` acknowledgements each."""
    channels: dict[str, list[PendingAck]] = {}
    for row in pending:
        channels.setdefault(row.channel, []).append(row)
    return [
        (channel, rows[start : start + MAX_ACKS_PER_QUERY])
        for channel, rows in channels.items()
        for start in range(0, len(rows), MAX_ACKS_PER_QUERY)
    ]
