"""When the buckets of a report are read: once when settled, and again while they may still be restated. Pure.

Invariants:
- Each age has a watermark: every bucket before it was read at that age or a greater one. So watermarks descend with
  age, and after a long interruption a bucket is read once for all the ages it has passed.
- A bucket is read whole, and only after it has ended.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forwarder.records import Window
from forwarder.sources.times import aligned

Watermarks = tuple[int, ...]
"""The watermark of each age, in microseconds."""


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
