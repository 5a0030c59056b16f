"""Which time range of the feed to read next, and where that moves the checkpoint: pure arithmetic, no requests.

Invariants:
- One way to read for first run, catch-up, steady state and reconciliation: windows `[start, end)` by creation
  time. Every pass begins at or before the watermark, so the watermark never skips unread time.
- Every pass ends with a window without an end: however wrong the clocks are, the newest rows are asked for.
- The watermark stays `settle` behind the earliest of the clocks that count, and never moves back, unless it lies
  ahead of every clock: then it was moved by a clock that was wrong, and the reconcile depth is read again.
- Nothing older than `begin` (where the first run began) is ever read.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forwarder.anthropic import ClockReading
from forwarder.records import OPEN_END_US, Window
from forwarder.sources.settings import ActivitiesSettings
from forwarder.sources.times import DAY_US, start_us
from forwarder.sources.times import SECOND_US as SECOND
from forwarder.store import Checkpoint

STEADY_US = 120 * SECOND
LONGEST_WINDOW_US = DAY_US
SMALLEST_US = SECOND
"""A window that cannot be read is not divided further."""
MAX_UNREAD = 100
"""Windows of a source that may be postponed; with more of them the API as a whole is at fault."""
DOUBTED_US = 31 * DAY_US
"""How far back a watermark is not relied on that one of the clocks says is in the future."""


class Pass(NamedTuple):
    """One pass over everything from `start_us` on. It is surely complete up to `until_us`, `settle` apart."""

    start_us: int
    until_us: int
    whole_overlap: bool
    reconciling: bool

    def windows(self) -> Iterator[Window]:
        """The pass in windows; the last one has no end."""
        *earlier, last = windows(self.start_us, max(self.until_us, self.start_us + 1))
        yield from earlier
        yield last._replace(end_us=OPEN_END_US)


def windows(start_us: int, end_us: int) -> Iterator[Window]:
    """A time range in windows of at most a day, so that a failure re-reads a day at most."""
    while start_us < end_us:
        end = min(start_us + LONGEST_WINDOW_US, end_us)
        yield Window(start_us, end)
        start_us = end


def first_checkpoint(settings: ActivitiesSettings, time: ClockReading, recovered: bool) -> Checkpoint:
    """The first checkpoint of a source; after its store was lost, at least the reconcile depth back."""
    now_us = time.earliest_us
    begin = start_us(settings.start, now_us)
    if recovered:
        begin = min(begin, now_us - int(settings.reconcile * SECOND))
    begin = max(begin, 0)
    return Checkpoint(begin, begin, begin, now_us)


def rewound(checkpoint: Checkpoint, settings: ActivitiesSettings, time: ClockReading) -> Checkpoint | None:
    """The checkpoint in place of one that lies ahead of every clock; `None` where it does not."""
    if not time.is_ahead(checkpoint.watermark_us):
        return None
    if checkpoint.watermark_us <= start_us(settings.start, time.latest_us):
        return None  # it waits for its start
    again = first_checkpoint(settings, time, recovered=True)
    begin = min(checkpoint.begin_us, again.begin_us)
    watermark = max(begin, time.earliest_us - int(settings.reconcile * SECOND))
    return Checkpoint(begin, watermark, begin, again.reconciled_us)


def next_pass(checkpoint: Checkpoint, settings: ActivitiesSettings, time: ClockReading) -> Pass:
    """The pass that is due now."""
    now_us, depth = time.earliest_us, int(settings.reconcile * SECOND)
    reconciling = _is_due(checkpoint.reconciled_us, DAY_US, time)
    whole_overlap = reconciling or _is_due(checkpoint.overlapped_us, settings.overlap * SECOND / 4, time)
    reach = settings.overlap * SECOND if whole_overlap else min(STEADY_US, settings.overlap * SECOND)
    start = max(min(checkpoint.watermark_us, now_us), checkpoint.watermark_us - DOUBTED_US) - int(reach)
    if reconciling:
        start = min(start, now_us - depth)
    return Pass(max(start, checkpoint.begin_us), now_us, whole_overlap, reconciling)


def _is_due(done_us: int, every_us: float, time: ClockReading) -> bool:
    """Whether it was done `every_us` ago, or by a clock that was wrong: in the future."""
    return time.earliest_us - done_us >= every_us or time.is_ahead(done_us)


def advanced(checkpoint: Checkpoint, done: Pass, window: Window, settings: ActivitiesSettings) -> Checkpoint:
    """The checkpoint after `window` of `done` was read to its last page."""
    settled = min(window.end_us, done.until_us - int(settings.settle * SECOND))
    checkpoint = checkpoint._replace(watermark_us=max(checkpoint.watermark_us, settled))
    if window.end_us < OPEN_END_US:
        return checkpoint
    return checkpoint._replace(
        overlapped_us=done.until_us if done.whole_overlap else checkpoint.overlapped_us,
        reconciled_us=done.until_us if done.reconciling else checkpoint.reconciled_us,
    )


def without(window: Window, unread: Sequence[Window]) -> Iterator[Window]:
    """What is left of the window outside the `unread` ones, in its order."""
    start_us = window.start_us
    for one in sorted(unread):
        if start_us < one.start_us and start_us < window.end_us:
            yield Window(start_us, min(one.start_us, window.end_us))
        start_us = max(start_us, one.end_us)
    if start_us < window.end_us:
        yield Window(start_us, window.end_us)


def halves(window: Window, room: int) -> Sequence[Window]:
    """The window in halves; as it is where it is too small, or where there is no `room` for one window more."""
    start_us, end_us = window
    if end_us - start_us <= SMALLEST_US or room < 1:
        return (window,)
    middle = (start_us + end_us) // 2
    return (Window(start_us, middle), Window(middle, end_us))
