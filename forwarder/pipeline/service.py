"""Everything together: builds the parts, starts their threads, and ends them in the right order.

At the end collecting stops first; sending goes on until the store is empty or the grace period is over. What then
still waits stays in the store. When another process takes over the store, everything ends at once and nothing is
written any more.

Invariant: what happens at the end shares one deadline: draining, the ends of threads, closing. The store is closed
last, and refuses what an abandoned thread may still try.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from forwarder.anthropic import local_us
from forwarder.errors import Retry
from forwarder.ocsf.health import HealthEventKind
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.collector import SourceCollector
from forwarder.pipeline.delivery_workers import DeliveryWorkers, Steps
from forwarder.pipeline.once import RunPart, any_goes_on, sink_parts, source_parts
from forwarder.pipeline.report import StatusReport
from forwarder.pipeline.service_log import log_start, log_stopped, log_stopping
from forwarder.pipeline.threads import ServiceThreads
from forwarder.pipeline.timing import GRACE, Clock, clock_of
from forwarder.settings import Settings
from forwarder.sinks import Sink, build_sink
from forwarder.sources import Source
from forwarder.status import Conditions, Metrics, StatusServer
from forwarder.store import LeaseLost, StoreFault, StoreInUse, open_store

if TYPE_CHECKING:
    from forwarder.pipeline.receiver import OtlpReceiver

CLOSING = 4.0
"""Seconds of `GRACE` that are left for the ends of threads and for closing."""
RECEIVER_GRACE = 3.0
"""Seconds for requests that the receiver has begun to answer."""
SUPERVISION = "threads.supervision"
STUCK_AFTER = 300.0
"""Seconds after which the supervision is stuck; cleaning up a large store takes a minute."""
STUCK = f"has hung for {STUCK_AFTER:g} s, probably in a call to a disk; see the disks of the store and of the archive"
HEALTH_EVERY = 300.0
_LEASE, _FINDINGS = "lease", "findings"
"""As whom the service reports the store."""
_log = structlog.get_logger()


class Service:
    """One forwarder. Raises `Misconfigured` from construction when a setting cannot work. `local`: the local clock."""

    def __init__(self, settings: Settings, *, serve_status: bool = True, local: Clock = local_us) -> None:
        self.conditions = Conditions()
        self.metrics = Metrics()
        self._settings = settings
        self._stop_collecting = threading.Event()
        sources = build_sources(settings, self._stop_collecting.wait, local)
        self._now_us = clock_of(sources)
        sinks = [build_sink(name, sink) for name, sink in settings.enabled_sinks().items()]
        self.store = open_store(settings.store.url, [sink.name for sink in sinks], settings.store.max_bytes)
        self._ended_by: LeaseLost | StoreFault | None = None
        self._store_findings: set[str] = set()
        try:
            self._assemble(sources, sinks, serve_status)
        except BaseException:
            self.store.close()
            raise

    # Running

    def run(self, stop: threading.Event) -> None:
        """Collect and deliver until `stop`, then drain. Raises `StoreInUse` when another process took the store.

        Returns within `GRACE` seconds after `stop`, unless the machine's own calls hang.
        """
        self._expect_supervision()
        if not stop.is_set():
            self._start(lambda collector: collector.run)
            self._log_changes()
        next_health = time.monotonic() + HEALTH_EVERY
        while not stop.wait(1.0) and self._owns_store():
            self._expect_supervision()
            self._threads.report_ended()
            if self.receiver:
                self.receiver.watch()
            self._log_changes()
            if time.monotonic() >= next_health:
                next_health += HEALTH_EVERY
                self._clean_up_and_report()
        deadline = time.monotonic() + GRACE
        self._stop_collecting.set()
        if self.receiver:
            self.receiver.stop(RECEIVER_GRACE)
        if self._owns_store():
            self._commit_health("stopped")
            log_stopping(self.store)
            self._drain(deadline - CLOSING)
        self._end(deadline)

    def run_once(self, stop: threading.Event, progress: Callable[[Steps], None]) -> bool:
        """Bring every source up to now and deliver it all. True when nothing is left undelivered or refused.

        Gives up when nothing gets on (see `once`). `progress`: a step a sink, of what was collected. Raises as `run`
        does.
        """
        self._start(lambda collector: collector.run_until_caught_up)
        sources = source_parts(self.collectors, self.workers, self.store)
        sinks = sink_parts(self.workers, self.store)
        complete = self._until_done(sources, sinks, stop, progress)
        self._stop_collecting.set()
        if self._owns_store():
            self._commit_health("stopped")
        delivered = self._until_done(sinks, (), stop, progress)
        refused = self._ended_by is None and any(self.store.count_dead_letters().values())
        self._end(time.monotonic() + CLOSING)
        return complete and delivered and not refused

    def _until_done(
        self,
        parts: Sequence[RunPart],
        beside: Sequence[RunPart],
        stop: threading.Event,
        progress: Callable[[Steps], None],
    ) -> bool:
        """Wait for `parts`, and watch those `beside` them. Whether all are done."""
        while self._owns_store() and any_goes_on(parts):
            any_goes_on(beside)
            progress(self._steps())
            self._log_changes()
            if stop.wait(0.05):
                return False
        if self._ended_by is not None:
            return False
        progress(self._steps())
        return all(part.is_done() for part in parts)

    def _steps(self) -> Steps:
        collected = sum(c.records for c in self.collectors)
        return {sink: (delivered, collected) for sink, delivered in self.workers.delivered().items()}

    # Building

    def _assemble(self, sources: Sequence[Source], sinks: Sequence[Sink], serve_status: bool) -> None:
        self.workers = DeliveryWorkers(sinks, self.store, self.conditions, self.metrics, self._now_us)
        self._threads = ServiceThreads(self.workers.stop, self.conditions, self._end_by)
        self.collectors = [self._collector(source) for source in sources]
        self.receiver = self._receiver() if serve_status else None
        watched = (self.store, self.collectors, self.workers.senders, self.receiver)
        self.report = StatusReport(*watched, self.conditions, self.metrics, self._now_us)
        self.status = self._serve() if serve_status else None
        self._dead_letters = sum(self.store.count_dead_letters().values())

    def _collector(self, source: Source) -> SourceCollector:
        return SourceCollector(
            source, self.store, self.conditions, self.metrics, self._stop_collecting, self.workers.wake
        )

    def _receiver(self) -> "OtlpReceiver | None":
        otlp = self._settings.sources.otlp
        if not otlp.enabled:
            return None
        # Here, for its libraries take 50 ms and 10 MB that most installations can do without.
        from forwarder.pipeline.receiver import OtlpReceiver

        return OtlpReceiver(otlp, self.store, self.conditions, self.metrics, self._now_us, self.workers.wake)

    def _serve(self) -> StatusServer:
        status, statistics = self._settings.status, self.report.statistics
        return StatusServer(
            status.listen, self.conditions, self.metrics, statistics, allowed_hosts=status.allowed_hosts
        )

    # Starting, supervising, ending

    def _start(self, reading: Callable[[SourceCollector], Callable[[], None]]) -> None:
        names = [collector.source.name for collector in self.collectors]
        log_start(self._settings, names, self.status.address if self.status else None)
        self._owns_store()
        self._commit_health("started")
        for collector in self.collectors:
            self._threads.start(f"read-{collector.source.name}", reading(collector))
        for worker in self.workers:
            self._threads.start(*worker)
        if self.receiver:
            self.receiver.start()

    def _expect_supervision(self) -> None:
        self.conditions.expect(SUPERVISION, STUCK_AFTER, STUCK, stalled=True)

    def _owns_store(self) -> bool:
        """Whether this process may go on; looks into the store."""
        try:
            self.store.assert_owned()
            self._report_store()
            self.conditions.resolve("store", by=_LEASE)
        except Retry as error:
            self.conditions.report("store", str(error), by=_LEASE)
        except (LeaseLost, StoreFault) as error:
            self._end_by(error)
        return self._ended_by is None

    def _end_by(self, error: LeaseLost | StoreFault) -> None:
        """End everything for this reason: nothing is collected, sent or written any more."""
        if self._ended_by is None and not self.workers.stop.is_set():
            self._ended_by = error
            _log.error("store cannot be used any more, the process ends", reason=str(error), exc_info=error)
        self._stop_collecting.set()
        self.workers.stop.set()

    def _log_changes(self) -> None:
        self.conditions.log_changes()
        self.metrics.refusals.flush()

    def _report_store(self) -> None:
        found = self.store.findings()
        for subject in self._store_findings - found.keys():
            self.conditions.resolve(subject, by=_FINDINGS)
            _log.info("store recovered", subject=subject)
        for subject, reason in found.items():
            self.conditions.report(subject, reason, by=_FINDINGS)
            if subject not in self._store_findings:
                _log.error("store needs attention", subject=subject, reason=reason)
        self._store_findings = set(found)

    def _clean_up_and_report(self) -> None:
        try:
            self._clean_up()
        except (LeaseLost, StoreFault) as error:
            self._end_by(error)
        except Retry as error:
            _log.warning("the store was not cleaned up", reason=str(error))
        self._commit_health("health")

    def _commit_health(self, kind: HealthEventKind) -> None:
        try:
            self.report.commit_health(kind)
            self.workers.wake()
        except (LeaseLost, StoreFault) as error:
            self._end_by(error)
        except Retry as error:
            _log.warning("health event not stored", reason=str(error))

    def _clean_up(self) -> None:
        """Remove what is no longer needed; report growing dead letters; clear crashes that did not come again."""
        self._threads.clear_crashes()
        for collector in self.collectors:
            checkpoint = self.store.checkpoint(collector.source.name)
            if checkpoint:
                self.store.forget_ids(collector.source.name, collector.source.forget_before_us(checkpoint))
        if self.receiver:
            self.receiver.maintain()
        keep_us = int(self._settings.store.dead_letters_keep * 1e6)
        self.store.drop_dead_letters(min(self._now_us(), local_us()) - keep_us)  # no clock alone makes them old
        dead_letters = sum(self.store.count_dead_letters().values())
        if dead_letters > self._dead_letters:
            self.conditions.report("dead_letters", f"grew by {dead_letters - self._dead_letters} to {dead_letters}")
        else:
            self.conditions.resolve("dead_letters")
        self._dead_letters = dead_letters

    def _drain(self, deadline: float) -> None:
        while self._owns_store() and time.monotonic() < deadline and any(self.store.backlog().values()):
            time.sleep(0.05)

    def _end(self, deadline: float) -> None:
        self._stop_collecting.set()
        self.workers.stop.set()
        self.workers.wake()
        self._threads.join(deadline - CLOSING / 2)
        if self.status:
            self.status.close()
        for collector in self.collectors:
            collector.source.close()
        self.workers.close()
        self.metrics.refusals.flush(everything=True)
        if self._ended_by is None:
            log_stopped(self.store)
        self.store.close()
        if isinstance(self._ended_by, LeaseLost):
            raise StoreInUse(str(self._ended_by))
        if self._ended_by:
            raise self._ended_by
