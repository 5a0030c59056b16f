"""Indexer acknowledgements of one sink: polled, recorded, and the events sent again when they do not come.

- Events that are not acknowledged within `ack_timeout` are sent again: a restarted indexer or a lost response may have
  dropped the acknowledgement. At once, where the sink knows that it will not come.
- Events that are not acknowledged the second time either are dead letters, `unacknowledged`; the forwarder is red until
  they are replayed or dropped. Nothing counts as delivered without an acknowledgement.
- A channel whose acknowledgements cannot be asked for delays no other.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from forwarder.errors import Fatal, Reject, Retry, StoreUnavailable
from forwarder.pipeline.timing import Backoff, Clock
from forwarder.sinks import Acknowledging
from forwarder.sinks.base import UNACKNOWLEDGED
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
        now_us: Clock,
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
        self._now_us = now_us
        self._subject = f"sinks.{name}.acks"
        self._waiting_since: dict[int, float] = {}
        """By pending ack, on the monotonic clock: a local clock that jumps must not expire anything."""
        self._is_expected = False
        """Something is pending, so an answer is due."""
        self._paused: dict[str, Backoff] = {}
        """By channel that could not be asked."""
        self._has_unacknowledged = True
        """Whether there may be dead letters of this kind, such as of an earlier process."""

    def run(self) -> None:
        """Poll until stopped, less often while nothing is acknowledged."""
        interval = MIN_INTERVAL
        while not self._stop.wait(interval):
            interval = MIN_INTERVAL if self.poll_once() else min(interval * 1.5, MAX_INTERVAL)

    def poll_once(self) -> bool:
        """Query every pending acknowledgement once. True when one came or none is pending."""
        pending = self._store.pending_acks(self.name)
        self._expect_an_answer(bool(pending))
        channels = _by_channel(pending)
        self._paused = {channel: backoff for channel, backoff in self._paused.items() if channel in channels}
        acknowledged = self._query_all(channels)
        try:
            self._retry_overdue(self._store.pending_acks(self.name))
        except StoreUnavailable as error:
            self._conditions.report("store", str(error), by=self._subject)
        self._report_unacknowledged()
        return acknowledged or not pending

    def _expect_an_answer(self, is_pending: bool) -> None:
        """An answer is due, by time alone, from the moment one is pending until none is."""
        if is_pending and not self._is_expected:
            self._conditions.expect(self._subject, OUTAGE_GRACE, OVERDUE)
        if not is_pending:
            self._conditions.expect_nothing(self._subject)
        self._is_expected = is_pending

    def _query_all(self, channels: Mapping[str, Sequence[PendingAck]]) -> bool:
        """Whether an acknowledgement came. A problem is one of the sink when no channel could be asked."""
        acknowledged, answered, problem = False, False, None
        for channel, rows in channels.items():
            backoff = self._paused.setdefault(channel, Backoff())
            started = time.monotonic()
            asked = self._provable(channel, rows)
            if backoff.remaining() > 0 or not asked:
                continue
            try:
                for start in range(0, len(asked), MAX_ACKS_PER_QUERY):
                    acknowledged |= self._query(channel, asked[start : start + MAX_ACKS_PER_QUERY])
                answered = backoff.record_success(started)
            except (Retry, Fatal) as error:
                backoff.back_off(error.after if isinstance(error, Retry) else None)
                problem = error
        if answered:
            self._conditions.resolve(self._subject)
        elif problem:
            self._failed(problem)
        return acknowledged

    def _query(self, channel: str, pending: Sequence[PendingAck]) -> bool:
        acknowledged = self._sink.acknowledged(channel, pending[-1].session, [row.ack for row in pending])
        self.polls += 1
        self._conditions.expect(self._subject, OUTAGE_GRACE, OVERDUE)
        confirmed = [row for row in pending if row.ack in acknowledged]
        if confirmed:
            self._confirm(confirmed)
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
        provable = {row.id for channel, rows in _by_channel(pending).items() for row in self._provable(channel, rows)}
        overdue = [
            row
            for row in pending
            if row.id not in provable or now - self._waiting_since[row.id] > self._sink.ack_timeout
        ]
        for channel in _by_channel(overdue):
            self._sink.leave(channel)
        if first_time := [row for row in overdue if not row.again]:
            self._store.send_again([row.id for row in first_time])
            self._conditions.resolve("store", by=self._subject)
            events = sum(row.events for row in first_time)
            _log.warning("events not acknowledged, sending again", sink=self.name, events=events)
        if second_time := [row for row in overdue if row.again]:
            self._give_up(second_time)

    def _provable(self, channel: str, rows: Sequence[PendingAck]) -> list[PendingAck]:
        numbers = set(self._sink.provable(channel, [row.ack for row in rows]))
        return [row for row in rows if row.ack in numbers]

    def _give_up(self, overdue: Sequence[PendingAck]) -> None:
        """Where the store cannot be written they stay pending, and are overdue at the next poll too."""
        detail = f"accepted twice by sinks.{self.name}, never acknowledged; search the index for claude_uid"
        for row in overdue:
            try:
                events = self._store.give_up(self.name, row.id, Reject(UNACKNOWLEDGED, detail), self._now_us())
            except StoreUnavailable as error:
                self._conditions.report("store", str(error), by=self._subject)
                return
            self._conditions.resolve("store", by=self._subject)
            if events:
                self._has_unacknowledged = True
                self._metrics.unacknowledged.labels(self.name).inc(events)
                self._metrics.refused_records.labels(self.name, UNACKNOWLEDGED).inc(events)
                _log.error("events never acknowledged are dead letters", sink=self.name, events=events)

    def _report_unacknowledged(self) -> None:
        if not self._has_unacknowledged:
            return
        kept = self._store.count_dead_letters().items()
        events = sum(count for (_, by, reason), count in kept if (by, reason) == (self.name, UNACKNOWLEDGED))
        subject = f"sinks.{self.name}.{UNACKNOWLEDGED}"
        self._has_unacknowledged = events > 0
        if events:
            choice = f"--sink {self.name} --reason {UNACKNOWLEDGED}"
            self._conditions.report(
                subject,
                f"{events} events were accepted twice, never acknowledged, and are dead letters: check the indexers, "
                f"then `dead-letters replay {choice}`, or drop those that the index has",
            )
        else:
            self._conditions.resolve(subject)

    def _failed(self, error: Retry | Fatal) -> None:
        self._metrics.failures.labels(self._subject, type(error).__name__.lower()).inc()
        if self._conditions.report(self._subject, str(error), OUTAGE_GRACE if isinstance(error, Retry) else 0):
            _log.warning("acknowledgement query failed", sink=self.name, reason=str(error))


def _by_channel(pending: Iterable[PendingAck]) -> dict[str, list[PendingAck]]:
    """What is to be asked for, by channel."""
    channels: dict[str, list[PendingAck]] = {}
    for row in pending:
        channels.setdefault(row.channel, []).append(row)
    return channels
