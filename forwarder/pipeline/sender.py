"""One sink, fed from the store by its own threads at its own pace, so that an outage of one sink delays no other.

- Down (`Retry`): all threads of the sink share one backoff; red after 60 s.
- Misconfigured (`Fatal`): that sink and stream stop, red at once, all events are kept; probed every 20 s and retried
  when its secret changes.
"""

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
        while not self._stop.is_set():
            started = time.monotonic()
            delivery = self._claim()
            if delivery is None:
                with self._wake:
                    self._wake.wait(0.5)
                continue
            try:
                self._send(delivery, started)
            finally:
                self._store.release(delivery)

    def _claim(self) -> Delivery | None:
        with self._lock:
            self._retry_with_new_secret()
            if self._outage.remaining() > 0:
                return None
            streams = [stream for stream, backoff in self._misconfiguration.items() if backoff.remaining() == 0]
            try:
                return self._store.claim(self.sink.name, streams)
            except Retry as error:
                self._outage.back_off(error.after)
                return None

    def _retry_with_new_secret(self) -> None:
        version = self.sink.credential_version()
        if version != self._credential:
            self._credential = version
            for backoff in self._misconfiguration.values():
                backoff.record_success(time.monotonic())

    def _send(self, delivery: Delivery, started: float) -> None:
        """`started` is when the backoff was checked: a success says nothing of a failure that came later."""
        stream = delivery.chunk.stream
        try:
            for confirmed in send(self.sink, self._store, delivery, self._now_us(), self._wait_for_store):
                self._record(confirmed, stream, started)
        except Retry as error:
            self._failed(error)
            error.__traceback__ = None  # its frames hold the error and the body: a cycle of megabytes
        except Fatal as error:
            self._misconfigured(error, stream)
            error.__traceback__ = None

    def _record(self, confirmed: Confirmed, stream: Stream, started: float) -> None:
        self.count(confirmed.events)
        self._metrics.sent.labels(self.sink.name).inc(confirmed.sent_bytes)
        for dead_letter in confirmed.dead_letters:
            self._metrics.count_refused(self.sink.name, dead_letter.reason, example=dead_letter.uid)
        is_up = self._outage.record_success(started)
        is_configured = self._misconfiguration[stream].record_success(started)
        was_down = is_up and self._conditions.resolve(self._subject)
        was_misconfigured = is_configured and self._conditions.resolve(f"{self._subject}.{stream}")
        if was_down or was_misconfigured:
            _log.info("sink recovered", sink=self.sink.name, stream=stream, waiting=self._waiting())

    def _wait_for_store(self, error: StoreUnavailable) -> bool:
        """Keep a confirmation until the store can be written; False when the process is stopping."""
        if self._conditions.report("store", str(error)):
            _log.error(
                "store cannot be written, confirmations are kept in memory", sink=self.sink.name, reason=str(error)
            )
        return not self._stop.wait(1.0)

    def _failed(self, error: Retry) -> None:
        self._metrics.failures.labels(self._subject, "retry").inc()
        self._outage.back_off(error.after)
        if self._conditions.report(self._subject, str(error), OUTAGE_GRACE):
            waiting = self._waiting()
            _log.warning("send failed, will be retried", sink=self.sink.name, reason=str(error), waiting=waiting)

    def _misconfigured(self, error: Fatal, stream: Stream) -> None:
        self._metrics.failures.labels(self._subject, "misconfigured").inc()
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
