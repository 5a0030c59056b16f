"""Everything together: builds the parts, starts their threads, and ends them in the right order.

At the end collecting stops first; sending goes on until the store is empty or the grace period is over. What then
still waits stays in the store. When another process takes over the store, everything ends at once and nothing is
written any more.
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
from forwarder.pipeline.delivery_workers import DeliveryWorkers, StallDetector, Steps
from forwarder.pipeline.report import StatusReport
from forwarder.pipeline.service_log import log_start, log_stopped, log_stopping
from forwarder.pipeline.timing import clock_of
from forwarder.settings import Settings
from forwarder.sinks import Sink, build_sink
from forwarder.sources import Source
from forwarder.status import Conditions, Metrics, StatusServer
from forwarder.store import LeaseLost, StoreFault, StoreInUse, open_store

if TYPE_CHECKING:
    from forwarder.pipeline.receiver import OtlpReceiver

GRACE = 20.0
HEALTH_EVERY = 300.0
_log = structlog.get_logger()


class Service:
    """One forwarder. Raises `Misconfigured` from construction when a setting cannot work."""

    def __init__(self, settings: Settings, *, serve_status: bool = True) -> None:
        self.conditions = Conditions()
        self.metrics = Metrics()
        self._settings = settings
        self._stop_collecting = threading.Event()
        self._threads: list[threading.Thread] = []
        sources = build_sources(settings, self._stop_collecting.wait)
        self._now_us = clock_of(sources)
        sinks = [build_sink(name, sink) for name, sink in settings.enabled_sinks().items()]
        self.store = open_store(settings.store.url, [sink.name for sink in sinks], settings.store.max_bytes)
        self._ended_by: LeaseLost | StoreFault | None = None
        try:
            self._assemble(sources, sinks, serve_status)
        except BaseException:
            self.store.close()
            raise

    # Running

    def run(self, stop: threading.Event) -> None:
        """Collect and deliver until `stop`, then drain. Raises `StoreInUse` when another process took the store."""
        self._start()
        self._log_changes()
        next_health = time.monotonic() + HEALTH_EVERY
        while not stop.wait(1.0) and self._owns_store():
            self._log_changes()
            if time.monotonic() >= next_health:
                next_health += HEALTH_EVERY
                self._clean_up_and_report()
        self._stop_collecting.set()
        if self.receiver:
            self.receiver.stop()
        if self._owns_store():
            self._commit_health("stopped")
            log_stopping(self.store)
            self._drain(GRACE)
        self._end()

    def run_once(self, stop: threading.Event, progress: Callable[[Steps], None]) -> bool:
        """Bring every source up to now and deliver it all. True when nothing is left undelivered or refused.

        Gives up when neither reading nor sending gets on. `progress`: a step a sink, of what was collected. Raises as
        `run` does.
        """
        self._start()
        complete = self._until(lambda: all(c.caught_up.is_set() for c in self.collectors), stop, progress)
        self._stop_collecting.set()
        if self._owns_store():
            self._commit_health("stopped")
        delivered = self._until(lambda: not any(self.store.backlog().values()), stop, progress)
        refused = self._ended_by is None and any(self.store.count_dead_letters().values())
        self._end()
        return complete and delivered and not refused

    def _until(self, done: Callable[[], bool], stop: threading.Event, progress: Callable[[Steps], None]) -> bool:
        stalled = StallDetector()
        while self._owns_store() and not done():
            steps = self._steps()
            progress(steps)
            self._log_changes()
            if stop.wait(0.05) or stalled.stalled((steps, self.workers.ack_polls())):
                return False
        progress(self._steps())
        return self._ended_by is None

    def _steps(self) -> Steps:
        collected = sum(c.records for c in self.collectors)
        return {sink: (delivered, collected) for sink, delivered in self.workers.delivered().items()}

    # Building

    def _assemble(self, sources: Sequence[Source], sinks: Sequence[Sink], serve_status: bool) -> None:
        self.workers = DeliveryWorkers(sinks, self.store, self.conditions, self.metrics, self._now_us)
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
        listen = self._settings.status.listen
        return StatusServer(listen, self.conditions, self.metrics, self.report.statistics)

    # Starting, supervising, ending

    def _start(self) -> None:
        names = [collector.source.name for collector in self.collectors]
        log_start(self._settings, names, self.status.address if self.status else None)
        self._report_store()
        self._commit_health("started")
        for collector in self.collectors:
            self._thread(f"read-{collector.source.name}", collector.run)
        for worker in self.workers:
            self._thread(*worker)
        if self.receiver:
            self.receiver.start()

    def _thread(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._supervised, args=(name, run), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _supervised(self, name: str, run: Callable[[], None]) -> None:
        """A fault of ours ends no thread: what was not committed is read again, what was not settled sent again.

        A store that is another process's by now, or that this program uses wrongly, ends all of them.
        """
        while not self.workers.stop.is_set():
            try:
                run()
                return
            except (LeaseLost, StoreFault) as error:
                self._end_by(error)
            except Exception as error:
                self.conditions.report(
                    f"threads.{name}", f"crashed and was restarted: {type(error).__name__}, see the log"
                )
                _log.exception("a thread crashed and is restarted", thread=name)
                self.workers.stop.wait(1.0)

    def _owns_store(self) -> bool:
        """Whether this process may go on; looks into the store."""
        try:
            self.store.assert_owned()
            self._report_store()
        except Retry as error:
            self.conditions.report("store", str(error))
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
        for subject, reason in self.store.findings().items():
            if self.conditions.report(subject, reason):
                _log.error("store needs attention", subject=subject, reason=reason)

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
        for thread in self._threads:
            self.conditions.resolve(f"threads.{thread.name}")
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

    def _drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._owns_store() and time.monotonic() < deadline and any(self.store.backlog().values()):
            time.sleep(0.05)

    def _end(self) -> None:
        self._stop_collecting.set()
        self.workers.stop.set()
        self.workers.wake()
        for thread in self._threads:
            thread.join(timeout=2.0)
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
