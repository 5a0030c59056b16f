"""A past time range of a source, read again without moving its checkpoint.

    source.past ──batch──▶ events ──▶ store, by its inbox ──▶ the owner of the store sends them

Beside a running service the service is the owner. Where none runs, this process owns the store and sends; what waited
in it before goes too.

Invariants:
- Progress is recorded window by window: begun again with the same time range, it goes on there.
- Every event says so: label `collection:backfill`.
- Reading a window's rows again is no progress, so a window that cannot be finished does not keep the command running.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

from forwarder.errors import AccessRefused, Misconfigured, Retry, StoreUnavailable
from forwarder.pipeline.build import build_sources
from forwarder.pipeline.delivery_workers import DeliveryWorkers, StallDetector, Steps
from forwarder.pipeline.flow import page_of
from forwarder.pipeline.timing import Backoff
from forwarder.records import Receipt
from forwarder.settings import Settings
from forwarder.sinks import build_sink
from forwarder.sources import BackfillSource, Batch
from forwarder.sources.passes import windows
from forwarder.status import Conditions, Metrics
from forwarder.store import (
    BackfillProgress,
    Inbox,
    LeaseLost,
    PageCommit,
    Store,
    StoreInUse,
    open_inbox,
    open_store,
)

LABEL = "collection:backfill"
HOUR_US = 3_600_000_000
LOOK_EVERY = 0.2
"""Seconds between two looks at what is still waiting."""


class BackfillRange(NamedTuple):
    """What was created in `[start_us, end_us)` (`None`: up to now), and known rows too if `everything`."""

    start_us: int
    end_us: int | None
    everything: bool

    def name(self, source: str) -> str:
        """Under which progress is recorded: the same for the same time range."""
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
    settings: Settings,
    source: str | None,
    time_range: BackfillRange,
    stop: threading.Event,
    show: Callable[[Steps], None],
) -> Result:
    """Read the time range of `source` (`None`: every source that has a past) and see it confirmed.

    Gives up when nothing gets on. Raises `Misconfigured` for what cannot work at all.
    """
    sources = _chosen(settings, source, stop)
    sinks = list(settings.enabled_sinks())
    with ExitStack() as stack:
        for each in sources:
            stack.callback(each.close)
        delivery = stack.enter_context(_delivering(settings))
        inbox = stack.enter_context(closing(open_inbox(settings.store.url, sinks, settings.store.max_bytes)))
        return _Backfill(inbox, time_range, stop, show, delivery).run(sources)


def _chosen(settings: Settings, name: str | None, stop: threading.Event) -> Sequence[BackfillSource]:
    readable = [source for source in build_sources(settings, stop.wait) if isinstance(source, BackfillSource)]
    chosen = [source for source in readable if name in (None, source.name)]
    if not chosen:
        there = ", ".join(source.name for source in readable) or "none"
        raise Misconfigured(f"--source {name}: no enabled source of this name can be read again; there is: {there}")
    return chosen


class _OtherOwner:
    """A running service delivers what is put into the store."""

    def wake(self) -> None:
        """It looks by itself."""

    def check(self) -> None:
        """See `_OwnDelivery.check`."""


class _OwnDelivery:
    """This process delivers what is put into the store."""

    def __init__(self, store: Store, workers: DeliveryWorkers) -> None:
        self.wake = workers.wake
        self._store = store

    def check(self) -> None:
        """Raises `Misconfigured` when another process took the store over."""
        try:
            self._store.assert_owned()
        except LeaseLost as error:
            raise Misconfigured(str(error)) from None


@contextmanager
def _delivering(settings: Settings) -> Iterator[_OtherOwner | _OwnDelivery]:
    """The owner of the store delivers until the end of the block: a running service, or this process."""
    enabled = settings.enabled_sinks()
    try:
        store = open_store(settings.store.url, list(enabled), settings.store.max_bytes)
    except StoreInUse:
        yield _OtherOwner()
        return
    with closing(store):
        sinks = [build_sink(name, sink) for name, sink in enabled.items()]
        workers = DeliveryWorkers(sinks, store, Conditions(), Metrics())
        with workers.running():
            yield _OwnDelivery(store, workers)


class _Backfill:
    """One run of the command."""

    def __init__(
        self,
        inbox: Inbox,
        time_range: BackfillRange,
        stop: threading.Event,
        show: Callable[[Steps], None],
        delivery: _OtherOwner | _OwnDelivery,
    ) -> None:
        self._inbox = inbox
        self._range = time_range
        self._stop = stop
        self._show = show
        self._delivery = delivery
        self._reading, self._delivering = StallDetector(), StallDetector()
        self._backoff = Backoff()
        self._rows = 0
        self._window_rows = self._farthest = 0
        """Rows of the window in this try, and the most in any."""
        self._events = 0
        self._open: dict[int, int] = {}
        """Events in each chunk that some sink has not confirmed."""
        self._hours = {"read": 0, "wanted": 0}

    def run(self, sources: Sequence[BackfillSource]) -> Result:
        """Read all of it, then wait until it is confirmed."""
        before = self._refused(sources)
        unread = [why for source in sources if (why := self._read(source))]
        self._delivering.restart()
        while (waiting := self._waiting()) and self._goes_on(LOOK_EVERY, self._delivering, waiting):
            pass
        refused = self._refused(sources) - before
        return Result(self._rows, self._events, self._waiting(), refused, "; ".join(unread))

    def _refused(self, sources: Sequence[BackfillSource]) -> int:
        return sum(self._inbox.refused(source.name) for source in sources)

    # Reading

    def _read(self, source: BackfillSource) -> str:
        """Read a source's time range. Why not to its end; empty when it was."""
        while not self._stop.is_set():
            try:
                self._read_windows(source)
            except AccessRefused as error:
                return str(error)
            except Retry as error:
                self._backoff.back_off(error.after)
                reached = self._hours["read"], self._farthest
                if not self._goes_on(self._backoff.remaining(), self._reading, reached):
                    return f"{source.name}: {error}"
            else:
                return ""
        return f"{source.name}: stopped"

    def _read_windows(self, source: BackfillSource) -> None:
        """Window by window from where it came before. Raises `Retry` when it has to be begun again there."""
        progress = self._inbox.progress(self._range.name(source.name)) or self._begun(source)
        self._hours = {"read": 0, "wanted": _hours(progress.end_us - self._range.start_us)}
        for window in windows(progress.done_us, progress.end_us):
            self._hours["read"] = _hours(window.start_us - self._range.start_us)
            self._window_rows = 0
            for batch in source.backfill_window(self._inbox, window, self._range.everything):
                self._take(source, batch)
            reached = progress._replace(done_us=window.end_us)
            self._inbox.commit(PageCommit(source.name, backfill=reached), source.now_us())
            self._backoff.record_success(time.monotonic())
        self._hours["read"] = self._hours["wanted"]

    def _begun(self, source: BackfillSource) -> BackfillProgress:
        now_us = source.learn_now_us()
        start_us, end_us = self._range.start_us, min(self._range.end_us or now_us, now_us)
        return BackfillProgress(self._range.name(source.name), start_us, end_us)

    def _take(self, source: BackfillSource, batch: Batch) -> None:
        self._delivering.restart()
        while full := self._inbox.full():
            if not self._goes_on(LOOK_EVERY, self._delivering, self._waiting()):
                raise StoreUnavailable(f"store: {full}")
        if self._stop.is_set():
            raise Retry("stopped")
        self._delivery.check()
        now_us = source.now_us()
        receipt = Receipt(now_us // 1000, self._inbox.instance, (*source.labels, LABEL))
        page, events = page_of(source.name, batch, receipt)
        self._open |= self._inbox.commit(page, now_us)
        self._rows += batch.read
        self._window_rows += batch.read
        self._farthest = max(self._farthest, self._window_rows)
        self._events += len(events)
        self._delivery.wake()
        self._show_progress()

    # Waiting

    def _goes_on(self, seconds: float, detector: StallDetector, progress: object) -> bool:
        """Wait; whether to go on: not when stopped, and not when `progress` stays the same for too long."""
        self._delivery.check()
        self._show_progress()
        return not self._stop.wait(seconds) and not detector.stalled(progress)

    def _waiting(self) -> int:
        """Events not confirmed."""
        waiting = self._inbox.waiting(self._open)
        self._open = {chunk_id: events for chunk_id, events in self._open.items() if chunk_id in waiting}
        return sum(self._open.values())

    def _show_progress(self) -> None:
        confirmed = self._events - self._waiting()
        self._show({"hours": (self._hours["read"], self._hours["wanted"]), "events": (confirmed, self._events)})


def _hours(range_us: int) -> int:
    return -(-range_us // HOUR_US)
