"""One source, read again and again: what to do when it fails, and what to say of it.

- Refused (401, 403, an unreadable secret): red at once; again every 60 s and when the secret changes.
- Silent for any other reason: again with backoff; red beyond three polls.
- The store is full or cannot be written: reading pauses — the API is the buffer — and is red.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable

import structlog

from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.pipeline.backoff import Backoff
from forwarder.pipeline.flow import Collected, collect
from forwarder.pipeline.unmapped_types import UnmappedTypes
from forwarder.sources import Source
from forwarder.status import Conditions, Metrics
from forwarder.store import Store

AFTER_REFUSAL = 60.0
FULL_STORE = 1.0
_log = structlog.get_logger()


class Collector:
    """Runs one source in its own thread."""

    def __init__(
        self,
        source: Source,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        stop: threading.Event,
        committed: Callable[[], None],
    ) -> None:
        self.source = source
        self.records = 0
        self.late_finds = 0
        self.beyond_overlap = 0
        """Rows that only a reconciliation found, since the start."""
        self.unmapped_types = UnmappedTypes(metrics)
        self._beyond = 0
        """The same since the last complete reconciliation."""
        self.caught_up = threading.Event()
        """Set after the first complete read."""
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._committed = committed
        self._gate = Backoff()
        self._subject = f"sources.{source.name}"

    def run(self) -> None:
        """Read until told to stop."""
        while not self._stop.is_set():
            self._stop.wait(self.read_once())

    def read_once(self) -> float:
        """One read; the answer is the pause before the next, in seconds."""
        if self._store.is_full():
            self._conditions.report("store", "full (store.max_bytes): collecting pauses, nothing is dropped")
            return FULL_STORE
        try:
            for collected in collect(self.source, self._store):
                self._note(collected)
        except Fatal as error:
            return self._refused(error)
        except Retry as error:
            return self._failed(error)
        self._well()
        return self.source.poll

    def _note(self, collected: Collected) -> None:
        batch, metrics, name = collected.batch, self._metrics, self.source.name
        self.records += len(batch.incoming)
        metrics.read.labels(name).inc(batch.read)
        self.unmapped_types.note(collected.events)
        if collected.events:
            for stream, count in Counter(event.stream for event in collected.events).items():
                metrics.events.labels(name, stream).inc(count)
            self._committed()
        for letter in batch.dead_letters:
            metrics.refused_records.labels("source", letter.reason).inc()
        self._note_late(collected)
        self._conditions.resolve("store")

    def _note_late(self, collected: Collected) -> None:
        late = collected.batch.late_us
        self.late_finds += len(late)
        for late_us in late:
            self._metrics.late.labels(self.source.name).observe(late_us / 1e6)
        self.beyond_overlap += collected.batch.beyond_overlap
        self._beyond += collected.batch.beyond_overlap
        subject = f"{self._subject}.late"
        if self._beyond:
            reason = f"{self._beyond} rows were found only by reconciliation: raise {self._subject}.overlap"
            if self._conditions.report(subject, reason):
                _log.warning("late finds in reconciliation", source=self.source.name, rows=self._beyond)
        if collected.batch.reconciled:
            if not self._beyond:
                self._conditions.resolve(subject)
            self._beyond = 0

    def _well(self) -> None:
        self._gate.open(time.monotonic())
        self.caught_up.set()
        if self._conditions.resolve(self._subject):
            _log.info("source reads again", source=self.source.name)

    def _refused(self, error: Fatal) -> float:
        self._metrics.failures.labels(self._subject, "refused").inc()
        if self._conditions.report(self._subject, str(error)):
            _log.error("source refused", source=self.source.name, reason=str(error))
        self._wait_for_new_secret()
        return 0.0

    def _wait_for_new_secret(self) -> None:
        version, waited = self.source.credential_version(), 0.0
        while waited < AFTER_REFUSAL and self.source.credential_version() == version:
            if self._stop.wait(1.0):
                return
            waited += 1.0

    def _failed(self, error: Retry) -> float:
        if self._stop.is_set():
            return 0.0
        self._metrics.failures.labels(self._subject, "retry").inc()
        of_store = isinstance(error, StoreUnavailable)
        subject, grace = ("store", 0.0) if of_store else (self._subject, 3 * self.source.poll)
        if self._conditions.report(subject, str(error), grace):
            _log.warning("read failed, will be repeated", source=self.source.name, reason=str(error))
        self._gate.back_off(error.after)
        return self._gate.wait()
