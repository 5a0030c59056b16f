"""A past stretch of a source, read again without moving its mark.

    source.past ──batch──▶ events ──▶ store, by its side door ──▶ who owns the store sends them

Beside a running service that is the service. Where none runs, this process owns the store and sends; what waited in
it before goes too.

Invariants:
- How far it came is noted window by window: begun again with the same stretch, it goes on there.
- Every event says so: label `collection:backfill`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

from forwarder.errors import AccessRefused, Misconfigured, Retry, StoreUnavailable
from forwarder.pipeline.backoff import Backoff
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.delivery_workers import DeliveryWorkers
from forwarder.pipeline.flow import page_of
from forwarder.pipeline.progress import StallDetector, Steps
from forwarder.records import Receipt
from forwarder.settings import Settings
from forwarder.sinks import build_sink
from forwarder.sources import BackfillSource, Batch
from forwarder.sources.passes import windows
from forwarder.status import Conditions, Metrics
from forwarder.store import SqliteStore, StoreLock
from forwarder.store.lock import StoreInUse
from forwarder.store.side_door import Progress, SideDoor

LABEL = "collection:backfill"
HOUR_US = 3_600_000_000
BREATH = 0.2
"""Seconds between two looks at what is still waiting."""


class Stretch(NamedTuple):
    """What was created in `[start_us, end_us)` (`None`: up to now), and known rows too if `everything`."""

    start_us: int
    end_us: int | None
    everything: bool

    def name(self, source: str) -> str:
        """The same for the same wish."""
        return f"{source} {self.start_us} {self.end_us} {self.everything}"


class Result(NamedTuple):
    """What came of it."""

    rows: int
    """Rows read, known or not."""
    events: int
    """Events made of them."""
    waiting: int
    """Events that some sink has not confirmed; they are kept in the store."""
    refused: int
    """Dead letters more than before."""
    unread: str
    """Why it was not read to its end; empty when it was."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.unread and not self.waiting and not self.refused


def backfill(
    settings: Settings, source: str | None, stretch: Stretch, stop: threading.Event, show: Callable[[Steps], None]
) -> Result:
    """Read the stretch of `source` (`None`: every source that has a past) and see it confirmed.

    Gives up when nothing gets on. Raises `Misconfigured` for what cannot work at all.
    """
    sources = _chosen(settings, source, stop)
    sinks = list(settings.enabled_sinks())
    with ExitStack() as stack:
        for each in sources:
            stack.callback(each.close)
        wake = stack.enter_context(_delivering(settings))
        door = stack.enter_context(closing(SideDoor(settings.store.path, sinks, settings.store.max_bytes)))
        return _Backfill(door, stretch, stop, show, wake).run(sources)


def _chosen(settings: Settings, name: str | None, stop: threading.Event) -> Sequence[BackfillSource]:
    pasts = [source for source in build_sources(settings, stop.wait) if isinstance(source, BackfillSource)]
    chosen = [backfill_window for backfill_window in pasts if name in (None, backfill_window.name)]
    if not chosen:
        there = ", ".join(backfill_window.name for backfill_window in pasts) or "none"
        raise Misconfigured(f"--source {name}: no enabled source of this name can be read again; there is: {there}")
    return chosen


@contextmanager
def _delivering(settings: Settings) -> Iterator[Callable[[], None]]:
    """Somebody delivers what is put into the store until the end of the block: a running service, or we."""
    try:
        lock = StoreLock(settings.store.path)
    except StoreInUse:
        yield lambda: None
        return
    with ExitStack() as stack:
        stack.callback(lock.release)
        enabled = settings.enabled_sinks()
        store = SqliteStore(settings.store.path, list(enabled), settings.store.max_bytes)
        stack.callback(store.close)
        sinks = [build_sink(name, sink) for name, sink in enabled.items()]
        lanes = DeliveryWorkers(sinks, store, Conditions(), Metrics())
        stack.enter_context(lanes.running())
        yield lanes.wake


class _Backfill:
    """One run of the command."""

    def __init__(
        self,
        door: SideDoor,
        stretch: Stretch,
        stop: threading.Event,
        show: Callable[[Steps], None],
        wake: Callable[[], None],
    ) -> None:
        self._door = door
        self._stretch = stretch
        self._stop = stop
        self._show = show
        self._wake = wake
        self._patience = StallDetector()
        self._gate = Backoff()
        self._rows = 0
        self._events = 0
        self._open: dict[int, int] = {}
        """Events in each chunk that some sink has not confirmed."""
        self._hours = {"read": 0, "wanted": 0}

    def run(self, sources: Sequence[BackfillSource]) -> Result:
        """Read all of it, then wait until it is confirmed."""
        before = self._refused(sources)
        unread = [why for source in sources if (why := self._read(source))]
        while self._waiting() and self._goes_on(BREATH):
            pass
        refused = self._refused(sources) - before
        return Result(self._rows, self._events, self._waiting(), refused, "; ".join(unread))

    def _refused(self, sources: Sequence[BackfillSource]) -> int:
        return sum(self._door.refused(source.name) for source in sources)

    # Reading

    def _read(self, source: BackfillSource) -> str:
        """Read a source's stretch. Why not to its end; empty when it was."""
        name = self._stretch.name(source.name)
        while not self._stop.is_set():
            try:
                self._go_through(source, name)
            except AccessRefused as error:
                return str(error)
            except Retry as error:
                self._gate.back_off(error.after)
                if not self._goes_on(self._gate.remaining()):
                    return f"{source.name}: {error}"
            else:
                return ""
        return f"{source.name}: stopped"

    def _go_through(self, source: BackfillSource, name: str) -> None:
        """Window by window from where it came before. Raises `Retry` when it has to be begun again there."""
        progress = self._door.progress(name) or self._begun(source)
        self._hours = {"read": 0, "wanted": _hours(progress.end_us - self._stretch.start_us)}
        for window in windows(*progress):
            self._hours["read"] = _hours(window.start_us - self._stretch.start_us)
            for batch in source.backfill_window(self._door, window, self._stretch.everything):
                self._take(source, batch)
            self._door.reach(name, progress._replace(done_us=window.end_us))
            self._gate.record_success(time.monotonic())
        self._hours["read"] = self._hours["wanted"]
        self._door.finish(name)

    def _begun(self, source: BackfillSource) -> Progress:
        now_us = source.learn_now_us()
        return Progress(self._stretch.start_us, min(self._stretch.end_us or now_us, now_us))

    def _take(self, source: BackfillSource, batch: Batch) -> None:
        while self._door.is_full():
            if not self._goes_on(BREATH):
                raise StoreUnavailable("store is full of what waits for a sink")
        if self._stop.is_set():
            raise Retry("stopped")
        now_us = source.now_us()
        receipt = Receipt(now_us // 1000, self._door.instance, (*source.labels, LABEL))
        page, events = page_of(source.name, batch, receipt)
        self._open |= self._door.commit(page, now_us)
        self._rows += batch.read
        self._events += len(events)
        self._wake()
        self._tell()

    # Waiting

    def _goes_on(self, seconds: float) -> bool:
        """Wait; whether to go on: not when told to stop, and not when nothing gets on."""
        self._tell()
        now = (self._hours["read"], self._rows, self._waiting())
        return not self._stop.wait(seconds) and not self._patience.stalled(now)

    def _waiting(self) -> int:
        """Events not confirmed."""
        waiting = self._door.waiting(self._open)
        self._open = {chunk_id: events for chunk_id, events in self._open.items() if chunk_id in waiting}
        return sum(self._open.values())

    def _tell(self) -> None:
        confirmed = self._events - self._waiting()
        self._show({"hours": (self._hours["read"], self._hours["wanted"]), "events": (confirmed, self._events)})


def _hours(stretch_us: int) -> int:
    return -(-stretch_us // HOUR_US)
