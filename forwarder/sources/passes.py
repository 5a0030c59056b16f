"""Which time range of the feed to read next, and where that moves the checkpoint: pure arithmetic, no requests.

Invariants:
- One way to read for first run, catch-up, steady state and reconciliation: windows `[start, end)` by creation
  time. Every pass begins at or before the watermark, so the watermark never skips unread time.
- The watermark stays `settle` behind now and never moves back.
- Nothing older than `begin` (where the first run began) is ever read.
"""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.records import Window
from forwarder.sources.settings import ActivitiesSettings
from forwarder.sources.times import DAY_US, start_us
from forwarder.sources.times import SECOND_US as SECOND
from forwarder.store import Checkpoint

STEADY_US = 120 * SECOND
LONGEST_WINDOW_US = DAY_US


class Pass(NamedTuple):
    """One pass over `[start_us, end_us)`."""

    start_us: int
    end_us: int
    whole_overlap: bool
    reconciling: bool

    def windows(self) -> Iterator[Window]:
        """The pass in windows."""
        return windows(self.start_us, self.end_us)


def windows(start_us: int, end_us: int) -> Iterator[Window]:
    """A time range in windows of at most a day, so that a failure re-reads a day at most."""
    while start_us < end_us:
        end = min(start_us + LONGEST_WINDOW_US, end_us)
        yield Window(start_us, end)
        start_us = end


def first_checkpoint(settings: ActivitiesSettings, now_us: int, recovered: bool) -> Checkpoint:
    """The first checkpoint of a source; after its store was lost, at least the reconcile depth back."""
    begin = start_us(settings.start, now_us)
    if recovered:
        begin = min(begin, now_us - int(settings.reconcile * SECOND))
    begin = max(begin, 0)
    return Checkpoint(begin, begin, begin, now_us)


def next_pass(checkpoint: Checkpoint, settings: ActivitiesSettings, now_us: int) -> Pass:
    """The pass that is due now."""
    reconciling = now_us - checkpoint.reconciled_us >= DAY_US
    whole_overlap = reconciling or now_us - checkpoint.overlapped_us >= settings.overlap * SECOND / 4
    reach = settings.overlap * SECOND if whole_overlap else min(STEADY_US, settings.overlap * SECOND)
    start = checkpoint.watermark_us - int(reach)
    if reconciling:
        start = min(start, now_us - int(settings.reconcile * SECOND))
    return Pass(max(start, checkpoint.begin_us), now_us, whole_overlap, reconciling)


def advanced(checkpoint: Checkpoint, done: Pass, window: Window, settings: ActivitiesSettings) -> Checkpoint:
    """The checkpoint after `window` of `done` was read to its last page."""
    settled = min(window.end_us, done.end_us - int(settings.settle * SECOND))
    checkpoint = checkpoint._replace(watermark_us=max(checkpoint.watermark_us, settled))
    if window.end_us < done.end_us:
        return checkpoint
    return checkpoint._replace(
        overlapped_us=done.end_us if done.whole_overlap else checkpoint.overlapped_us,
        reconciled_us=done.end_us if done.reconciling else checkpoint.reconciled_us,
    )
