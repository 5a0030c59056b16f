"""The paging of the feed compared with a plain sorted list."""

from hypothesis import given
from hypothesis import strategies as st

from forwarder.simulator.feed_rows import FeedRow, FeedRows, PageRequest
from tests.simulator.world import NOON_US, activity, standing_clock

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=12, unique=True)
"""(second of creation, name): few seconds, so that many rows share theirs."""


def feed(spots: list[tuple[int, int]]) -> FeedRows:
    rows = FeedRows(standing_clock())
    for second, name in spots:
        at_us = NOON_US + second
        rows.add(at_us, at_us, activity(f"{second}-{name}", at_us))
    return rows


def model(rows: list[FeedRow], request: PageRequest) -> tuple[list[FeedRow], bool]:
    """The page by walking: cut the window, turn it round, go to the cursor, take what comes."""
    window = [row for row in rows if request.start_us <= row.created_us < request.end_us]
    window.sort(key=FeedRow.place, reverse=not request.ascending)
    cursor = next((row for row in rows if row.id in (request.after, request.before)), None)
    if cursor is None:
        return window[: request.limit], len(window) > request.limit
    later = [row for row in window if (row.place() > cursor.place()) is request.ascending and row != cursor]
    earlier = [row for row in window if row not in later and row != cursor]
    if request.after:
        return later[: request.limit], len(later) > request.limit
    return earlier[-request.limit :], len(earlier) > request.limit


@given(ROWS, st.data())
def test_every_page_equals_that_of_a_plain_sorted_list(spots: list[tuple[int, int]], data: st.DataObject) -> None:
    rows = feed(spots)
    ids = [row.id for row in rows.visible()]
    cursor = data.draw(st.sampled_from(ids)) if ids else None
    use = data.draw(st.sampled_from(["after", "before", "none"]))
    start, end = sorted((data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))))
    request = PageRequest(
        NOON_US + start,
        NOON_US + end,
        data.draw(st.integers(1, 4)),
        data.draw(st.booleans()),
        cursor if use == "after" else None,
        cursor if use == "before" else None,
        data.draw(st.sampled_from([None, lambda row: True])),
    )
    assert rows.page(request) == model(rows.visible(), request)
