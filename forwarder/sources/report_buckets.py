"""The buckets of a report: how they are requested, and when they are due. Pure but for the requests of `read`.

Facts (Admin API reference, Messages Usage Report, Cost Report, Claude Code Usage Report; guide "Usage and Cost API"):
usage appears within about five minutes (Claude Code: an hour), pages hold 1,440 minutes, 168 hours or 31 days.

Invariants of the schedule. A bucket is read once when settled, and again while it may still be restated:
- Each age has a watermark: every bucket before it was read at that age or a greater one. So watermarks descend with
  age, and after a long interruption a bucket is read once for all the ages it has passed.
- A bucket is read whole, and only after it has ended.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from forwarder.anthropic import AdminApi
from forwarder.records import Window
from forwarder.sources.times import DAY_US, SECOND_US, aligned, day_of, report_time

MINUTE_US, HOUR_US = 60 * SECOND_US, 3600 * SECOND_US
WIDTHS_US = {"1m": MINUTE_US, "1h": HOUR_US, "1d": DAY_US}
MAX_BUCKETS = {"1m": 1440, "1h": 168, "1d": 31}
AGES_US = (10 * MINUTE_US, HOUR_US, DAY_US)
"""How long after its end a bucket is read: when settled, and for restatements."""

Watermarks = tuple[int, ...]
"""The watermark of each age, in microseconds."""


class RawBucket(NamedTuple):
    """A bucket as the API returned it: its timestamps as text, and its rows."""

    starting_at: Any
    ending_at: Any
    rows: Any


class BucketReport(NamedTuple):
    """How a report is read. `read` gives the buckets of a window, each whole; it raises as `AdminApi.report` does."""

    width_us: int
    ages_us: Sequence[int]
    max_buckets: int
    """Buckets per request."""
    read: Callable[[AdminApi, Window], Iterator[RawBucket]]


def bucketed(path: str, width: str, group_by: Sequence[str], ages_us: Sequence[int] = AGES_US) -> BucketReport:
    """A report in buckets of `width` (`1m`, `1h` or `1d`), grouped by some of its dimensions."""
    groups = [("group_by[]", group) for group in group_by]

    def read(api: AdminApi, window: Window) -> Iterator[RawBucket]:
        bounds = [("starting_at", report_time(window.start_us)), ("ending_at", report_time(window.end_us))]
        params = [*bounds, ("bucket_width", width), ("limit", str(MAX_BUCKETS[width])), *groups]
        return map(_raw_bucket, api.report(path, params))

    return BucketReport(WIDTHS_US[width], ages_us, MAX_BUCKETS[width], read)


def daily(path: str, ages_us: Sequence[int]) -> BucketReport:
    """A report that returns the rows of one UTC day per request."""

    def read(api: AdminApi, window: Window) -> Iterator[RawBucket]:
        rows = list(api.report(path, [("starting_at", day_of(window.start_us)), ("limit", "1000")]))
        yield RawBucket(report_time(window.start_us), report_time(window.end_us), rows)

    return BucketReport(DAY_US, ages_us, 1, read)


def _raw_bucket(item: Any) -> RawBucket:
    fields = item if isinstance(item, dict) else {}
    return RawBucket(fields.get("starting_at"), fields.get("ending_at"), fields.get("results"))


class DueBuckets(NamedTuple):
    """Buckets to read now, and the watermarks once they are read."""

    window: Window
    after: Watermarks


def first_watermarks(start_us: int, width_us: int, ages: Sequence[int]) -> Watermarks:
    """The watermarks before the first read: the start of the bucket that holds `start_us`."""
    return (aligned(start_us, width_us),) * len(ages)


def due(
    watermarks: Watermarks, now_us: int, width_us: int, ages: Sequence[int], max_buckets: int
) -> Iterator[DueBuckets]:
    """What is due, at most `max_buckets` at once, the greatest age first. `ages` ascend."""
    for number in reversed(range(len(ages))):
        start, end = watermarks[number], aligned(now_us - ages[number], width_us)
        while start < end:
            window = Window(start, min(start + max_buckets * width_us, end))
            start = window.end_us
            watermarks = (*(max(one, start) for one in watermarks[: number + 1]), *watermarks[number + 1 :])
            yield DueBuckets(window, watermarks)
