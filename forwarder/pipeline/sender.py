"""One sink, fed from the store by its own threads at its own pace, so that an outage of one sink delays no other.

- Down (`Retry`): all threads of the sink share one backoff; red after 60 s.
- Silent: while something waits and nothing is confirmed, red after 60 s by time alone, for a request that hangs reports
  nothing.
- Partly down, as behind a balancer with one node that is full: while others deliver, only the thread that failed waits.
- Misconfigured (`Fatal`): that sink and stream stop, red at once, all events are kept; probed every 20 s and retried
  when its secret changes.
"""

import math
import threading
import time

import structlog

from forwarder.anthropic import local_us
from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.pipeline.flow import Confirmed, send
from forwarder.pipeline.timing import Backoff, Clock
from forwarder.records import STREAMS, Stream
from forwarder.sinks import Sink
from forwarder.status import Conditions, Metrics
from forwarder.store import Delivery, Store

OUTAGE_GRACE = 60.0
"""Seconds that a sink may be down before the forwarder is red."""
PARTLY_UP = 5.0
"""Seconds after a delivery in which a failure concerns one connection, until it is seen that all fail."""
OBEYED_FOR = 90.0
"""Seconds after which all make a pause again that is asked for while others deliver."""
MOST_OBEYED = 30.0
"""Seconds that it has at most; what needs longer asks each thread again."""
FIRST_PAUSE = 0.05
"""Seconds that one thread waits after its first failure, for it tries another connection."""
_log = structlog.get_logger()


class Sender:
    """Runs one sink in `sink.concurrency` threads."""

    def __init__(
        self,
        sink: Sink,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        stop: threading.Event,
        now_us: Clock = local_us,
    ) -> None:
        self.sink = sink
        self.delivered = 0
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._now_us = now_us
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._outage = Backoff()
        self._misconfiguration: dict[Stream, Backoff] = {stream: Backoff() for stream in STREAMS}
        self._credential = sink.credential_version()
        self._subject = f"sinks.{sink.name}"
        self._in_progress = 0
        """Deliveries that are claimed."""
        self._is_expected = False
        """Something waits for the sink, so a confirmation is due."""
        self._delivered_at = self._obeyed_at = -math.inf

    def wake(self) -> None:
        """New chunks are in the store: send them now."""
        with self._wake:
            self._wake.notify_all()

    def count(self, events: int) -> None:
        """Count events as confirmed by the sink."""
        with self._lock:
            self.delivered += events
        self._metrics.delivered.labels(self.sink.name).inc(events)

    def run(self) -> None:
        """Send until stopped."""
        own = Backoff(FIRST_PAUSE)
        while not self._stop.wait(own.remaining()):
            started = time.monotonic()
            delivery = self._claim()
            if delivery is None:
                with self._wake:
                    self._wake.wait(0.5)
                continue
            try:
                self._send(delivery, started, own)
            finally:
                self._release(delivery)

    def _claim(self) -> Delivery | None:
        with self._lock:
            self._retry_with_new_secret()
            if self._outage.remaining() > 0:
                return None
            streams = [stream for stream, backoff in self._misconfiguration.items() if backoff.remaining() == 0]
            try:
                delivery = self._store.claim(self.sink.name, streams)
            except Retry as error:
                self._outage.back_off(error.after)
                return None
            self._watch(delivery)
            return delivery

    def _watch(self, delivery: Delivery | None) -> None:
        """A confirmation is due from the moment something waits until nothing does."""
        self._in_progress += delivery is not None
        if delivery and not self._is_expected:
            self._is_expected = True
            self._expect_a_confirmation()
        if not self._in_progress:
            self._is_expected = False
            self._conditions.expect_nothing(self._subject)

    def _expect_a_confirmation(self) -> None:
        overdue = (
            f"events wait and none was confirmed within {OUTAGE_GRACE:g} s: the destination does not answer; "
            f"check the network path to it"
        )
        self._conditions.expect(self._subject, OUTAGE_GRACE, overdue)

    def _release(self, delivery: Delivery) -> None:
        with self._lock:
            self._in_progress -= 1
        self._store.release(delivery)

    def _retry_with_new_secret(self) -> None:
        version = self.sink.credential_version()
        if version != self._credential:
            self._credential = version
            for backoff in self._misconfiguration.values():
                backoff.record_success(time.monotonic())

    def _send(self, delivery: Delivery, started: float, own: Backoff) -> None:
        """`own`: the backoff of this thread.

        `started` is when the backoff was checked: a success says nothing of a failure that came later.
        """
        stream, credential = delivery.chunk.stream, self._credential
        try:
            for confirmed in send(self.sink, self._store, delivery, self._now_us(), self._wait_for_store):
                self._record(confirmed, stream, started)
                own.record_success(time.monotonic())
        except Retry as error:
            self._failed(error, own)
            error.__traceback__ = None  # its frames hold the error and the body: a cycle of megabytes
        except Fatal as error:
            self._misconfigured(error, stream, credential)
            error.__traceback__ = None

    def _record(self, confirmed: Confirmed, stream: Stream, started: float) -> None:
        self.count(confirmed.events)
        self._expect_a_confirmation()
        self._conditions.resolve("store", by=self._subject)
        self._metrics.sent.labels(self.sink.name).inc(confirmed.sent_bytes)
        for dead_letter in confirmed.dead_letters:
            self._metrics.count_refused(self.sink.name, dead_letter.reason, example=dead_letter.uid)
        if confirmed.sent_bytes:
            self._delivered_at = time.monotonic()
        is_up = self._outage.record_success(started)
        is_configured = self._misconfiguration[stream].record_success(started)
        was_down = is_up and self._conditions.resolve(self._subject)
        was_misconfigured = is_configured and self._conditions.resolve(f"{self._subject}.{stream}")
        if was_down or was_misconfigured:
            _log.info("sink recovered", sink=self.sink.name, stream=stream, waiting=self._waiting())

    def _wait_for_store(self, error: StoreUnavailable) -> bool:
        """Keep a confirmation until the store can be written; False when the process is stopping."""
        self._expect_a_confirmation()
        self._metrics.failures.labels("store", "retry").inc()
        if self._conditions.report("store", str(error), by=self._subject):
            _log.error(
                "store cannot be written, confirmations are kept in memory", sink=self.sink.name, reason=str(error)
            )
        return not self._stop.wait(1.0)

    def _failed(self, error: Retry, own: Backoff) -> None:
        self._metrics.failures.labels(self._subject, "retry").inc()
        self._pause(error.after, own)
        if self._conditions.report(self._subject, str(error), OUTAGE_GRACE):
            waiting = self._waiting()
            _log.warning("send failed, will be retried", sink=self.sink.name, reason=str(error), waiting=waiting)

    def _pause(self, asked: float | None, own: Backoff) -> None:
        """Pause the sink; while others deliver, so that the failure is one connection's, only this thread (`own`).

        The first time that the other side asks for a pause, all make it: only what is delivered after that proves that
        the rest of the sink does not need it.
        """
        now = time.monotonic()
        with self._lock:
            is_partly_up = now - self._delivered_at <= PARTLY_UP
            if is_partly_up and asked is not None and now - self._obeyed_at > OBEYED_FOR:
                asked = min(asked, MOST_OBEYED)
                self._obeyed_at, self._delivered_at = now, now + asked
                is_partly_up = False
        (own if is_partly_up else self._outage).back_off(asked)

    def _misconfigured(self, error: Fatal, stream: Stream, credential: object) -> None:
        """A refusal of what was sent before the secret changed says nothing of the new one."""
        self._metrics.failures.labels(self._subject, "misconfigured").inc()
        if credential != self._credential:
            return
        self._misconfiguration[stream].probe_later()
        if self._conditions.report(f"{self._subject}.{stream}", str(error)):
            waiting = self._waiting()
            _log.error(
                "sink misconfigured, events are kept",
                sink=self.sink.name,
                stream=stream,
                reason=str(error),
                waiting=waiting,
            )

    def _waiting(self) -> int | None:
        """Events that this sink has not confirmed; `None` where the store cannot be read now."""
        try:
            return self._store.backlog()[self.sink.name]
        except Retry:
            return None
