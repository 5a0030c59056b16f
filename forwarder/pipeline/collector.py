"""One source, read again and again: how failures are retried and reported.

- Refused (401, 403, an unreadable secret): red at once; retried every 60 s and when the secret changes.
- Any other failure: retried with backoff; red after three polls without success.
- The store is full or cannot be written: reading pauses (the API is the buffer), red at once.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from forwarder.errors import Fatal, Retry, StoreUnavailable
from forwarder.pipeline.flow import Collected, collect
from forwarder.pipeline.timing import Backoff
from forwarder.records import Event
from forwarder.sources import Source
from forwarder.status import Conditions, Metrics
from forwarder.store import Store

REFUSED_PAUSE = 60.0
FULL_STORE_PAUSE = 1.0
FULL_STORE = (
    "full (store.max_bytes): collection is paused until a sink confirms events, nothing is dropped; check the sinks "
    "or raise store.max_bytes"
)
MAX_TYPES = 200
"""Unmapped type names come from outside; beyond this many they are counted together as `OTHERS`."""
OTHERS = "(others)"
_REPORTED_TYPES = 50
_log = structlog.get_logger()


class SourceCollector:
    """Runs one source in its own thread. `on_commit` is called when new events are in the store."""

    def __init__(
        self,
        source: Source,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        stop: threading.Event,
        on_commit: Callable[[], None],
    ) -> None:
        self.source = source
        self.records = 0
        self.late_finds = 0
        self.beyond_overlap = 0
        """Records that only a reconciliation found, since the start."""
        self.unmapped_types = UnmappedTypes(metrics)
        self.caught_up = threading.Event()
        """Set after the first complete read."""
        self._unreconciled = 0
        """`beyond_overlap` since the last complete reconciliation."""
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._on_commit = on_commit
        self._backoff = Backoff()
        self._subject = f"sources.{source.name}"

    def run(self) -> None:
        """Read until stopped."""
        while not self._stop.is_set():
            self._stop.wait(self.read_once())

    def read_once(self) -> float:
        """Read once; returns the seconds to wait before the next read."""
        if self._store.is_full():
            self._conditions.report("store", FULL_STORE)
            return FULL_STORE_PAUSE
        try:
            for collected in collect(self.source, self._store):
                self._record_page(collected)
        except Fatal as error:
            return self._refused(error)
        except Retry as error:
            return self._failed(error)
        self._succeeded()
        return self.source.poll

    def _record_page(self, collected: Collected) -> None:
        batch, metrics, name = collected.batch, self._metrics, self.source.name
        self.records += len(batch.incoming)
        metrics.read.labels(name).inc(batch.read)
        self.unmapped_types.count(collected.events)
        if collected.events:
            for stream, count in Counter(event.stream for event in collected.events).items():
                metrics.events.labels(name, stream).inc(count)
            self._on_commit()
        for dead_letter in batch.dead_letters:
            metrics.count_refused("source", dead_letter.reason, example=dead_letter.uid)
        if batch.notice:
            _log.warning("read again", source=name, reason=batch.notice)
        self._record_late(collected)
        self._conditions.resolve("store")

    def _record_late(self, collected: Collected) -> None:
        late = collected.batch.late_us
        self.late_finds += len(late)
        for late_us in late:
            self._metrics.late.labels(self.source.name).observe(late_us / 1e6)
        self.beyond_overlap += collected.batch.beyond_overlap
        self._unreconciled += collected.batch.beyond_overlap
        subject = f"{self._subject}.late"
        if self._unreconciled:
            reason = f"{self._unreconciled} records were found only by reconciliation; raise {self._subject}.overlap"
            if self._conditions.report(subject, reason):
                _log.warning(
                    "late records found by reconciliation", source=self.source.name, records=self._unreconciled
                )
        if collected.batch.reconciled:
            if not self._unreconciled:
                self._conditions.resolve(subject)
            self._unreconciled = 0

    def _succeeded(self) -> None:
        self._backoff.record_success(time.monotonic())
        self.caught_up.set()
        if self._conditions.resolve(self._subject):
            _log.info("source recovered", source=self.source.name)

    def _refused(self, error: Fatal) -> float:
        self._metrics.failures.labels(self._subject, "refused").inc()
        if self._conditions.report(self._subject, str(error)):
            _log.error("source refused", source=self.source.name, reason=str(error))
        self._wait_for_new_secret()
        return 0.0

    def _wait_for_new_secret(self) -> None:
        version, waited = self.source.credential_version(), 0.0
        while waited < REFUSED_PAUSE and self.source.credential_version() == version:
            if self._stop.wait(1.0):
                return
            waited += 1.0

    def _failed(self, error: Retry) -> float:
        if self._stop.is_set():
            return 0.0
        self._metrics.failures.labels(self._subject, "retry").inc()
        by_store = isinstance(error, StoreUnavailable)
        subject, grace = ("store", 0.0) if by_store else (self._subject, 3 * self.source.poll)
        if self._conditions.report(subject, str(error), grace):
            _log.warning("read failed, will be retried", source=self.source.name, reason=str(error))
        self._backoff.back_off(error.after)
        return self._backoff.remaining()


class UnmappedTypes:
    """Counts events of unknown types, and of known types with unknown fields or values, since the start."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._unknown: Counter[str] = Counter()
        self._partial: Counter[str] = Counter()

    def count(self, events: Iterable[Event]) -> None:
        """Count the events that the catalogue did not map in full."""
        for event in events:
            if event.mapping_level == "fallback":
                self._add(self._unknown, self._metrics.unmapped, event.key_fields.event_code)
            elif event.mapping_level == "partial":
                self._add(self._partial, self._metrics.partial, event.key_fields.event_code)

    def statistics(self) -> dict[str, dict[str, int]]:
        """The most frequent types of each kind with their number of events; a kind without events is left out."""
        kinds = {"unknown_types": self._unknown, "partly_known_types": self._partial}
        with self._lock:
            return {name: dict(counter.most_common(_REPORTED_TYPES)) for name, counter in kinds.items() if counter}

    def _add(self, counter: Counter[str], metric: Any, code: str) -> None:
        with self._lock:
            name = code if code in counter or len(counter) < MAX_TYPES else OTHERS
            counter[name] += 1
        metric.labels(name).inc()
