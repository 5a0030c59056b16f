"""When the buckets of a report are read: once when settled, and again as long as they may be re-stated. Pure.

Invariants:
- Each age has a watermark: every bucket before it was read at that age or a greater one. So watermarks descend with
  age, and after a long silence a bucket is read once for all the ages it has passed.
- A bucket is read whole, and no bucket before it has ended.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forwarder.records import Window
from forwarder.sources.times import aligned

Marks = tuple[int, ...]
"""The watermark of each age, in microseconds."""


class Due(NamedTuple):
    """Buckets to be read now, and the watermarks when they are."""

    window: Window
    after: Marks


def first_marks(start_us: int, width_us: int, ages: Sequence[int]) -> Marks:
    """The watermarks before anything was read, from the bucket on that holds `start_us`."""
    return (aligned(start_us, width_us),) * len(ages)


def due(marks: Marks, now_us: int, width_us: int, ages: Sequence[int], most: int) -> Iterator[Due]:
    """What is due, `most` buckets at once, those that wait for the greatest age first. `ages` ascend."""
    for number in reversed(range(len(ages))):
        start, end = marks[number], aligned(now_us - ages[number], width_us)
        while start < end:
            start, window = min(start + most * width_us, end), Window(start, min(start + most * width_us, end))
            marks = (*(max(checkpoint, start) for checkpoint in marks[: number + 1]), *marks[number + 1 :])
            yield Due(window, marks)
