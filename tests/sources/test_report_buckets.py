"""When buckets are read: each at every age, whatever the polling times, and never before it has ended."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from forwarder.sources.report_buckets import Watermarks, due, first_watermarks

WIDTH = 3600
AGES = (600, 3600, 86_400)
NOW = 1_000_000_000


def read(watermarks: Watermarks, now: int, most: int = 7) -> tuple[Watermarks, list[int]]:
    """The watermarks after everything due was read, and the starts of the buckets that were."""
    buckets: list[int] = []
    for window, after in due(watermarks, now, WIDTH, AGES, most):
        assert 0 < window.end_us - window.start_us <= most * WIDTH
        buckets += range(window.start_us, window.end_us, WIDTH)
        assert list(after) == sorted(after, reverse=True)
        watermarks = after
    return watermarks, buckets


@given(st.lists(st.integers(1, 3 * 86_400), min_size=1, max_size=40))
def test_every_bucket_is_read_at_each_age_once_and_never_before_it_is_settled(pauses: list[int]) -> None:
    watermarks = first_watermarks(NOW - 10 * 86_400, WIDTH, AGES)
    ages: dict[int, list[int]] = defaultdict(list)
    now = NOW
    for pause in pauses:
        now += pause
        watermarks, buckets = read(watermarks, now)
        assert len(buckets) == len(set(buckets)), "a bucket is read once in a pass"
        for start in buckets:
            ages[start].append(now - start - WIDTH)
    for start, at in ages.items():
        assert min(at) >= AGES[0]
        assert len(at) <= len(AGES)
        for age in AGES:
            if now - start - WIDTH >= age:
                assert max(at) >= age, "it was read at this age or later"
    first = first_watermarks(NOW - 10 * 86_400, WIDTH, AGES)[0]
    settled = range(first, (now - AGES[0]) // WIDTH * WIDTH, WIDTH)
    assert set(settled) == ages.keys()


def test_nothing_is_due_twice_at_the_same_time() -> None:
    watermarks, buckets = read(first_watermarks(NOW - 86_400, WIDTH, AGES), NOW)
    assert buckets
    assert read(watermarks, NOW) == (watermarks, [])


def test_a_first_run_reads_what_is_long_settled_once() -> None:
    _, buckets = read(first_watermarks(NOW - 7 * 86_400, WIDTH, AGES), NOW)
    assert len(buckets) == len(set(buckets)) == 7 * 24
