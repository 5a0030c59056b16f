"""One source, read again and again: how failures are retried and reported, and what counts as progress.

- Refused (401, 403, an unreadable secret): red at once; retried every 60 s and when the secret changes.
- Any other failure: retried with backoff; red after three polls without a completed read.
- The store is full or cannot be written: reading pauses (the API is the buffer), red at once.

Invariants:
- A read is a success only when it is completed and the API answered a request of it. Windows that are completed on the
  way count only until a read fails, so a window that cannot be finished is red however often the ones before it are
  read again.
- What is overdue is red by time alone (`Conditions.expect`): a read that hangs reports nothing.
- Failing reads leave most of the request budget to others: the more requests led to nothing, the longer the pause.
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
POLLS = 3
"""Polls within which a read must be completed,"""
SHORTEST_GRACE = 3.0
"""and so many seconds at least: a request takes a part of one."""
FAILED_REQUESTS_A_SECOND = 2.0
"""A fifth of the budget that all keys of an organization share."""
LONGEST_PAUSE = 300.0
MINUTE_US = 60_000_000
MAX_LEAD = 5.0
"""Seconds that a watermark may be ahead of the API's time, which has whole seconds."""
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
        """Set after the first completed read."""
        self._answered_before = 0
        """`Source.answered` when the current read began."""
        self._farthest = 0
        """The most requests that one read had answered."""
        self._without_id = 0
        """Records of a source that knows by state entries what it has read; the same is never among them twice."""
        self._watermark_us: int | None = None
        """The newest one that was committed."""
        self._least_lag: int | None = None
        """The shortest that the watermark was behind the source's time so far, in minutes."""
        self._failing = False
        """A read failed since the last completed one."""
        self._unreconciled = 0
        """`beyond_overlap` since the last complete reconciliation."""
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._stop = stop
        self._on_commit = on_commit
        self._backoff = Backoff()
        self._subject = f"sources.{source.name}"
        self._grace = max(POLLS * source.poll, SHORTEST_GRACE)
        self._expect_a_read()

    def run(self) -> None:
        """Read until stopped."""
        while not self._stop.is_set():
            self._stop.wait(self.read_once())

    def run_until_caught_up(self) -> None:
        """Read until a read is completed, or until stopped."""
        while not self._stop.is_set():
            pause = self.read_once()
            if self.caught_up.is_set():
                return
            self._stop.wait(pause)

    def progress(self) -> object:
        """A value that changes while this source comes nearer to a completed read, and at last stays the same.

        Reading again what was read before changes nothing, nor do rows that appear meanwhile, nor the time that passes.
        """
        return self._least_lag, self._without_id, max(self._farthest, self._asked())

    def read_once(self) -> float:
        """Read once; returns the seconds to wait before the next read."""
        self._answered_before = self.source.answered()
        credential = self.source.credential_version()
        try:
            if full := self._store.full():
                self._conditions.report("store", full, by=self._subject)
                self._expect_a_read()
                return FULL_STORE_PAUSE
            for collected in collect(self.source, self._store):
                self._record_page(collected)
        except Fatal as error:
            return self._refused(error, credential)
        except Retry as error:
            return self._failed(error)
        finally:
            self._farthest = max(self._farthest, self._asked())
        if not self._asked():
            return self._asked_nothing()
        self._succeeded()
        return self.source.poll

    def _asked(self) -> int:
        """Requests of the current read that were answered."""
        return self.source.answered() - self._answered_before

    def _expect_a_read(self) -> None:
        overdue = (
            f"no read was completed within {POLLS} polls ({self._grace:g} s): the API does not answer, or what is read "
            f"does not end or cannot be stored; check the network path to the API"
        )
        self._conditions.expect(self._subject, self._grace, overdue, cause=self.source.problem)

    def _record_page(self, collected: Collected) -> None:
        batch, metrics, name = collected.batch, self._metrics, self.source.name
        self.records += len(batch.incoming)
        self._without_id += sum(incoming.digest is None for incoming in batch.incoming)
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
        self._conditions.resolve("store", by=self._subject)
        if batch.checkpoint:
            self._record_watermark(batch.checkpoint.watermark_us)

    def _record_watermark(self, watermark_us: int) -> None:
        self._watermark_us = watermark_us
        lag = (self.source.now_us() - watermark_us) // MINUTE_US
        self._least_lag = lag if self._least_lag is None else min(lag, self._least_lag)
        if not self._failing:
            self._expect_a_read()

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
        self._failing = False
        self._backoff.record_success(time.monotonic())
        self.caught_up.set()
        self._expect_a_read()
        if self._conditions.resolve(self._subject):
            _log.info("source recovered", source=self.source.name)
        self._check_lag()

    def _check_lag(self) -> None:
        """A watermark in the future hides what is created until then."""
        subject, now_us = f"{self._subject}.lag", self.source.now_us()
        lead = ((self._watermark_us or now_us) - now_us) / 1e6
        if lead <= MAX_LEAD:
            self._conditions.resolve(subject)
            return
        reason = f"the watermark is {lead:.0f} s ahead of the API's time: its clock was wrong, or is wrong now"
        if self._conditions.report(subject, reason):
            _log.error("lag is negative", source=self.source.name, reason=reason)

    def _asked_nothing(self) -> float:
        """Nothing was due by the source's clock, which proves nothing of the API."""
        reason = (
            f"the last read requested nothing, because nothing was due by the API's time; it is tried again every "
            f"{self.source.poll:g} s"
        )
        self._conditions.report(self._subject, reason, self._grace)
        self._check_lag()
        return self.source.poll

    def _refused(self, error: Fatal, credential: object) -> float:
        """`credential`: its version before the read; a new one may be there already."""
        self._failing = True
        self._metrics.failures.labels(self._subject, "refused").inc()
        if self._conditions.report(self._subject, str(error)):
            _log.error("source refused", source=self.source.name, reason=str(error))
        self._wait_for_new_secret(credential)
        return 0.0

    def _wait_for_new_secret(self, version: object) -> None:
        waited = 0.0
        while waited < REFUSED_PAUSE and self.source.credential_version() == version:
            if self._stop.wait(1.0):
                return
            waited += 1.0

    def _failed(self, error: Retry) -> float:
        if self._stop.is_set():
            return 0.0
        self._failing = True
        self._metrics.failures.labels(self._subject, "retry").inc()
        by_store = isinstance(error, StoreUnavailable)
        subject, grace = ("store", 0.0) if by_store else (self._subject, self._grace)
        if self._conditions.report(subject, str(error), grace, by=self._subject if by_store else ""):
            _log.warning("read failed, will be retried", source=self.source.name, reason=str(error))
        self._backoff.back_off(error.after)
        return max(self._backoff.remaining(), min(self._asked() / FAILED_REQUESTS_A_SECOND, LONGEST_PAUSE))


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
