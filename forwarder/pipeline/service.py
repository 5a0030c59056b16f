"""Everything together: builds the parts, starts their threads, and ends them in the right order.

At the end collecting stops first; sending goes on until the store is empty or the grace period is over. What
then still waits stays in the store.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from forwarder.errors import Retry
from forwarder.ocsf.health import HealthEventKind
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.clock import clock_of
from forwarder.pipeline.collector import SourceCollector
from forwarder.pipeline.delivery_workers import DeliveryWorkers
from forwarder.pipeline.progress import StallDetector, Steps
from forwarder.pipeline.report import StatusReport
from forwarder.settings import Settings
from forwarder.sinks import build_sink
from forwarder.sources import Source
from forwarder.status import Conditions, Metrics, StatusServer
from forwarder.store import SqliteStore, StoreLock

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
        self._lock = StoreLock(settings.store.path)
        sources = build_sources(settings, self._stop_collecting.wait)
        self._now_us = clock_of(sources)
        sinks = [build_sink(name, sink) for name, sink in settings.enabled_sinks().items()]
        self.store = SqliteStore(settings.store.path, [sink.name for sink in sinks], settings.store.max_bytes)
        self.lanes = DeliveryWorkers(sinks, self.store, self.conditions, self.metrics, self._now_us)
        self.collectors = [self._collector(source) for source in sources]
        self.receiver = self._receiver() if serve_status else None
        watched = (self.store, self.collectors, self.lanes.senders, self.receiver)
        self.report = StatusReport(*watched, self.conditions, self.metrics, self._now_us)
        self.status = self._serve() if serve_status else None
        self._letters = sum(self.store.count_dead_letters().values())

    # Running

    def run(self, stop: threading.Event) -> None:
        """Collect and deliver until `stop`, then drain."""
        self._start()
        next_health = time.monotonic() + HEALTH_EVERY
        while not stop.wait(1.0):
            if time.monotonic() >= next_health:
                next_health += HEALTH_EVERY
                self._tend()
                self._say("health")
        self._stop_collecting.set()
        if self.receiver:
            self.receiver.stop()
        self._say("stopped")
        self._drain(GRACE)
        self._end()

    def run_once(self, stop: threading.Event, progress: Callable[[Steps], None]) -> bool:
        """Bring every source up to now and deliver it all. True when nothing is left undelivered or refused.

        Gives up when neither reading nor sending gets on. `progress`: a step a sink, of what was collected.
        """
        self._start()
        complete = self._until(lambda: all(c.caught_up.is_set() for c in self.collectors), stop, progress)
        self._stop_collecting.set()
        self._say("stopped")
        delivered = self._until(lambda: not any(self.store.backlog().values()), stop, progress)
        refused = any(self.store.count_dead_letters().values())
        self._end()
        return complete and delivered and not refused

    def _until(self, done: Callable[[], bool], stop: threading.Event, progress: Callable[[Steps], None]) -> bool:
        patience = StallDetector()
        while not done():
            steps = self._steps()
            progress(steps)
            if stop.wait(0.05) or patience.stalled((steps, self.lanes.ack_polls())):
                return False
        progress(self._steps())
        return True

    def _steps(self) -> Steps:
        collected = sum(c.records for c in self.collectors)
        return {sink: (delivered, collected) for sink, delivered in self.lanes.delivered().items()}

    # Building

    def _collector(self, source: Source) -> SourceCollector:
        return SourceCollector(
            source, self.store, self.conditions, self.metrics, self._stop_collecting, self.lanes.wake
        )

    def _receiver(self) -> "OtlpReceiver | None":
        otlp = self._settings.sources.otlp
        if not otlp.enabled:
            return None
        # Here, for its libraries take 50 ms and 10 MB that most installations can do without.
        from forwarder.pipeline.receiver import OtlpReceiver

        return OtlpReceiver(otlp, self.store, self.conditions, self.metrics, self._now_us, self.lanes.wake)

    def _serve(self) -> StatusServer:
        listen = self._settings.status.listen
        return StatusServer(listen, self.conditions, self.metrics, self.report.statistics)

    # Starting, tending, ending

    def _start(self) -> None:
        if self.store.recovered:
            self._say_recovered(self.store.recovered)
        self._say("started")
        for collector in self.collectors:
            self._thread(f"read-{collector.source.name}", collector.run)
        for lane in self.lanes:
            self._thread(*lane)
        if self.receiver:
            self.receiver.start()

    def _thread(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._supervised, args=(name, run), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _supervised(self, name: str, run: Callable[[], None]) -> None:
        """A fault of ours ends no thread: what was not committed is read again, what was not settled sent again."""
        while not self.lanes.stop.is_set():
            try:
                run()
                return
            except Exception as error:
                self.conditions.report(
                    f"threads.{name}", f"crashed and was begun again: {type(error).__name__}, see the log"
                )
                _log.exception("a thread crashed and begins again", thread=name)
                self.lanes.stop.wait(1.0)

    def _say_recovered(self, aside: Path) -> None:
        reason = f"the store's file was unreadable and set aside as {aside}; the reconcile depth is read again"
        self.conditions.report("store.recovered", reason)
        _log.error("store set aside", file=str(aside))

    def _say(self, kind: HealthEventKind) -> None:
        try:
            self.report.commit_health(kind)
            self.lanes.wake()
        except Retry as error:
            _log.warning("health event not stored", reason=str(error))

    def _tend(self) -> None:
        """Let go of what is no longer needed; notice dead letters growing; forget crashes that did not come again."""
        for thread in self._threads:
            self.conditions.resolve(f"threads.{thread.name}")
        for collector in self.collectors:
            checkpoint = self.store.checkpoint(collector.source.name)
            if checkpoint:
                self.store.forget_ids(collector.source.name, collector.source.forget_before_us(checkpoint))
        if self.receiver:
            self.receiver.maintain()
        keep_us = int(self._settings.store.dead_letters_keep * 1e6)
        self.store.drop_letters(self._now_us() - keep_us)
        dead_letters = sum(self.store.count_dead_letters().values())
        if dead_letters > self._letters:
            self.conditions.report("dead_letters", f"grew by {dead_letters - self._letters} to {dead_letters}")
        else:
            self.conditions.resolve("dead_letters")
        self._letters = dead_letters

    def _drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(self.store.backlog().values()):
            time.sleep(0.05)

    def _end(self) -> None:
        self._stop_collecting.set()
        self.lanes.stop.set()
        self.lanes.wake()
        for thread in self._threads:
            thread.join(timeout=2.0)
        if self.status:
            self.status.close()
        for collector in self.collectors:
            collector.source.close()
        self.lanes.close()
        self.store.close()
        self._lock.release()
