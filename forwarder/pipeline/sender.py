"""One sink, fed from the store by its own lanes at its own pace; one that is down delays nobody.

- Down (`Retry`): every lane waits behind one gate; red beyond 60 s.
- Misconfigured: that sink and stream stop, red at once, everything is kept; probed, and tried when its secret
  changes.
"""

import threading
import time

import structlog

from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.pipeline.backoff import Backoff
from forwarder.pipeline.clock import Clock, local_us
from forwarder.pipeline.flow import Confirmed, send
from forwarder.records import STREAMS, Stream
from forwarder.sinks import Sink
from forwarder.status import Conditions, Metrics
from forwarder.store import Delivery, SqliteStore

DOWN_IS_RED = 60.0
_log = structlog.get_logger()


class Sender:
    """Runs one sink in `sink.concurrency` threads."""

    def __init__(
        self,
        sink: Sink,
        store: SqliteStore,
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
        self._busy: set[int] = set()
        self._outage = Backoff()
        self._wrong: dict[Stream, Backoff] = {stream: Backoff() for stream in STREAMS}
        self._secret = sink.credential_version()
        self._subject = f"sinks.{sink.name}"

    def wake(self) -> None:
        """There is something to send."""
        with self._wake:
            self._wake.notify_all()

    def count(self, events: int) -> None:
        """These are confirmed."""
        with self._lock:
            self.delivered += events
        self._metrics.delivered.labels(self.sink.name).inc(events)

    def run(self) -> None:
        """Send until told to stop."""
        while not self._stop.is_set():
            asked = time.monotonic()
            delivery = self._claim()
            if delivery is None:
                with self._wake:
                    self._wake.wait(0.5)
                continue
            try:
                self._send(delivery, asked)
            finally:
                with self._lock:
                    self._busy.discard(delivery.chunk_id)

    def _claim(self) -> Delivery | None:
        with self._lock:
            self._notice_new_secret()
            if self._outage.wait() > 0:
                return None
            streams = [stream for stream, gate in self._wrong.items() if gate.wait() == 0]
            try:
                delivery = self._store.next_delivery(self.sink.name, self._busy, streams)
            except Retry as error:
                self._outage.back_off(error.after)
                return None
            if delivery:
                self._busy.add(delivery.chunk_id)
            return delivery

    def _notice_new_secret(self) -> None:
        version = self.sink.credential_version()
        if version != self._secret:
            self._secret = version
            for gate in self._wrong.values():
                gate.open(time.monotonic())

    def _send(self, delivery: Delivery, asked: float) -> None:
        """`asked` is when the gates were last asked: a success proves nothing against what failed since."""
        stream = delivery.chunk.stream
        try:
            for confirmed in send(self.sink, self._store, delivery, self._now_us(), self._hold):
                self._note(confirmed, stream, asked)
        except Retry as error:
            self._failed(error)
            error.__traceback__ = None  # its frames hold the error and the body: a cycle of megabytes
        except Fatal as error:
            self._misconfigured(error, stream)
            error.__traceback__ = None

    def _note(self, confirmed: Confirmed, stream: Stream, asked: float) -> None:
        self.count(confirmed.events)
        self._metrics.sent.labels(self.sink.name).inc(confirmed.sent_bytes)
        for letter in confirmed.dead_letters:
            self._metrics.refused_records.labels(self.sink.name, letter.reason).inc()
            _log.warning("event refused", sink=self.sink.name, uid=letter.uid, reason=letter.reason)
        self._outage.open(asked)
        self._wrong[stream].open(asked)
        well = self._conditions.resolve(self._subject)
        if self._conditions.resolve(f"{self._subject}.{stream}") or well:
            _log.info("sink takes events again", sink=self.sink.name, stream=stream)

    def _hold(self, error: StoreUnavailable) -> bool:
        """A confirmation waits for the store; False when the process is stopping."""
        if self._conditions.report("store", str(error)):
            _log.error("store cannot be written, confirmations are held", sink=self.sink.name, reason=str(error))
        return not self._stop.wait(1.0)

    def _failed(self, error: Retry) -> None:
        self._metrics.failures.labels(self._subject, "retry").inc()
        self._outage.back_off(error.after)
        if self._conditions.report(self._subject, str(error), DOWN_IS_RED):
            _log.warning("send failed, will be repeated", sink=self.sink.name, reason=str(error))

    def _misconfigured(self, error: Fatal, stream: Stream) -> None:
        self._metrics.failures.labels(self._subject, "misconfigured").inc()
        self._wrong[stream].probe()
        if self._conditions.report(f"{self._subject}.{stream}", str(error)):
            _log.error("sink misconfigured, everything is kept", sink=self.sink.name, stream=stream, reason=str(error))
