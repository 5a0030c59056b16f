"""The arithmetic of passes: no time range is ever skipped, whatever the settings and the clock do."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forwarder.anthropic import ClockReading, rfc3339
from forwarder.records import OPEN_END_US, Window
from forwarder.sources import ActivitiesSettings
from forwarder.sources.passes import (
    DOUBTED_US,
    LONGEST_WINDOW_US,
    advanced,
    first_checkpoint,
    halves,
    next_pass,
    rewound,
    without,
)
from forwarder.sources.times import DAY_US
from forwarder.sources.times import SECOND_US as SECOND
from forwarder.store import Checkpoint

NOW = 1_780_000_000 * SECOND


def settings(**seconds: int) -> ActivitiesSettings:
    """Settings with these durations in seconds."""
    return ActivitiesSettings.model_validate({name: f"{value}s" for name, value in seconds.items()})


def agreed(now_us: int) -> ClockReading:
    """All clocks say so."""
    return ClockReading(now_us, now_us, now_us)


SETTINGS = st.builds(
    settings,
    settle=st.integers(0, 3600),
    overlap=st.integers(0, 7200),
    reconcile=st.integers(0, 10 * 86400),
    start=st.integers(0, 60 * 86400),
)
STEPS = st.lists(st.integers(-3600, 3 * 86400).map(lambda s: s * SECOND + 7), min_size=1, max_size=12)
"""How far the server's clock moves between two reads; it may also go back."""


@given(SETTINGS, STEPS, st.lists(st.integers(0, 4 * 86400), min_size=12, max_size=12), st.booleans(), st.integers(0, 3))
def test_the_watermark_moves_only_over_time_that_was_read_and_is_past_by_every_clock(
    chosen: ActivitiesSettings, steps: list[int], gaps: list[int], recovered: bool, fails_after: int
) -> None:
    now = NOW
    checkpoint = first_checkpoint(chosen, agreed(now), recovered)
    begin, read_until = checkpoint.begin_us, checkpoint.watermark_us
    for number, step in enumerate(steps):
        now += step
        time = ClockReading(now, now, now + gaps[number] * SECOND)
        due = next_pass(checkpoint, chosen, time)
        windows = list(due.windows())
        assert due.start_us <= max(checkpoint.watermark_us, begin), "a gap before the pass"
        assert due.start_us >= begin, "older than the first run began"
        assert windows[0].start_us == due.start_us
        assert windows[-1].end_us == OPEN_END_US, "the newest rows are asked for"
        for before, after in pairwise(windows):
            assert before.end_us == after.start_us
            assert before.end_us - before.start_us <= LONGEST_WINDOW_US
        if number % 4 == fails_after:
            windows = windows[: len(windows) // 2]
        for window in windows:
            assert window.start_us <= read_until, "a window begins behind unread time"
            after_window = advanced(checkpoint, due, window, chosen)
            read_until = max(read_until, window.end_us)
            assert checkpoint.watermark_us <= after_window.watermark_us <= read_until
            settled = now - int(chosen.settle * SECOND)
            assert after_window.watermark_us <= max(checkpoint.watermark_us, settled), "beyond proven time"
            assert after_window.begin_us == begin
            checkpoint = after_window


@given(SETTINGS, st.integers(1, 40))
def test_a_source_that_polls_reads_the_overlap_often_and_the_depth_daily(
    chosen: ActivitiesSettings, polls: int
) -> None:
    checkpoint, now = first_checkpoint(chosen, agreed(NOW), recovered=False), NOW
    whole, reconciled = now, now
    for _ in range(polls):
        now += 3600 * SECOND
        due = next_pass(checkpoint, chosen, agreed(now))
        if now - reconciled >= DAY_US:
            assert due.reconciling
            assert due.start_us <= max(now - int(chosen.reconcile * SECOND), checkpoint.begin_us)
            reconciled = now
        if due.whole_overlap:
            assert due.start_us <= max(checkpoint.watermark_us - int(chosen.overlap * SECOND), checkpoint.begin_us)
            whole = now
        for window in due.windows():
            checkpoint = advanced(checkpoint, due, window, chosen)
        assert now - whole <= max(3600, chosen.overlap / 4) * SECOND
        assert (checkpoint.overlapped_us, checkpoint.reconciled_us) == (whole, reconciled)


def test_a_pass_that_fails_half_way_keeps_its_windows_and_is_still_due() -> None:
    chosen = settings(start=10 * 86400)
    checkpoint = first_checkpoint(chosen, agreed(NOW), recovered=False)
    now = NOW + DAY_US
    due = next_pass(checkpoint, chosen, agreed(now))
    first, *_ = due.windows()
    checkpoint = advanced(checkpoint, due, first, chosen)
    again = next_pass(checkpoint, chosen, agreed(now))
    assert checkpoint.watermark_us == first.end_us
    assert again.reconciling
    assert again.whole_overlap


def test_the_first_run_begins_at_the_configured_start() -> None:
    assert first_checkpoint(settings(start=3600), agreed(NOW), recovered=False).watermark_us == NOW - 3600 * SECOND
    instant = ActivitiesSettings.model_validate({"start": "2026-04-01T00:00:00.25+02:00"})
    expected = int(datetime(2026, 3, 31, 22, tzinfo=UTC).timestamp()) * SECOND
    assert expected <= first_checkpoint(instant, agreed(NOW), recovered=False).begin_us <= expected + 250_000


def test_after_the_store_was_lost_the_reconcile_depth_is_read_again() -> None:
    chosen = settings(start=3600, reconcile=3 * 86400)
    assert first_checkpoint(chosen, agreed(NOW), recovered=True).begin_us == NOW - 3 * DAY_US
    far = settings(start=30 * 86400, reconcile=3 * 86400)
    assert first_checkpoint(far, agreed(NOW), recovered=True).begin_us == NOW - 30 * DAY_US


@pytest.mark.parametrize("name", ["start", "reconcile", "overlap"])
@pytest.mark.parametrize("days", [30_000, 900_000, 90_000_000])
def test_any_depth_gives_a_window_that_can_be_requested(name: str, days: int) -> None:
    try:
        chosen = ActivitiesSettings.model_validate({name: f"{days}d"})
    except ValidationError as refused:
        assert name in str(refused)  # noqa: PT017  refusing the setting is as good
        return
    checkpoint = first_checkpoint(chosen, agreed(NOW), recovered=True)
    first = next(next_pass(checkpoint._replace(reconciled_us=0), chosen, agreed(NOW)).windows())
    assert rfc3339(first.start_us) < rfc3339(first.end_us)


def test_a_start_in_the_future_waits_for_it_and_still_asks() -> None:
    chosen = ActivitiesSettings.model_validate({"start": "2031-01-01T00:00:00Z"})
    checkpoint = first_checkpoint(chosen, agreed(NOW), recovered=False)
    assert rewound(checkpoint, chosen, agreed(NOW)) is None
    for now in (NOW, checkpoint.begin_us + SECOND):
        (window,) = next_pass(checkpoint, chosen, agreed(now)).windows()
        assert window == (checkpoint.begin_us, OPEN_END_US)
        assert advanced(checkpoint, next_pass(checkpoint, chosen, agreed(NOW)), window, chosen).watermark_us == (
            checkpoint.begin_us
        )


def test_a_watermark_ahead_of_every_clock_goes_back_by_the_reconcile_depth() -> None:
    chosen = settings(reconcile=3 * 86400)
    ahead = Checkpoint(NOW - 30 * DAY_US, NOW + DAY_US, NOW + DAY_US, NOW + DAY_US)
    again = rewound(ahead, chosen, agreed(NOW))
    assert again is not None
    assert (again.begin_us, again.watermark_us) == (ahead.begin_us, NOW - 3 * DAY_US)
    assert rewound(again, chosen, agreed(NOW)) is None


def test_a_first_run_that_began_in_the_future_begins_anew() -> None:
    chosen = settings(start=3600, reconcile=3 * 86400)
    begun = first_checkpoint(chosen, agreed(NOW + DAY_US), recovered=False)
    again = rewound(begun, chosen, agreed(NOW))
    assert again is not None
    assert again.begin_us == again.watermark_us == NOW - 3 * DAY_US


def test_a_watermark_that_one_of_the_clocks_allows_stays_and_is_read_from_before() -> None:
    chosen = settings(reconcile=3 * 86400)
    checkpoint = Checkpoint(NOW - 30 * DAY_US, NOW + DAY_US, NOW, NOW)
    time = ClockReading(NOW, NOW, NOW + DAY_US)
    assert rewound(checkpoint, chosen, time) is None
    assert next_pass(checkpoint, chosen, time).start_us < NOW


def test_a_local_clock_years_behind_does_not_ask_for_years_at_every_read() -> None:
    chosen = settings()
    checkpoint = Checkpoint(0, NOW, NOW, NOW)
    due = next_pass(checkpoint, chosen, ClockReading(NOW, NOW - 400 * DAY_US, NOW))
    assert due.start_us >= NOW - DOUBTED_US - int(chosen.overlap) * SECOND


@pytest.mark.parametrize("name", ["overlapped_us", "reconciled_us"])
def test_what_was_done_in_the_future_is_due(name: str) -> None:
    checkpoint = Checkpoint(0, NOW, NOW, NOW)._replace(**{name: NOW + DAY_US})
    due = next_pass(checkpoint, settings(), agreed(NOW))
    assert due.reconciling == (name == "reconciled_us")
    assert due.whole_overlap


WINDOW = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda ends: Window(ends[0], ends[0] + ends[1]))


@given(WINDOW, st.lists(WINDOW, max_size=6))
def test_a_window_without_others_is_what_no_other_has(whole: Window, others: list[Window]) -> None:
    left = list(without(whole, others))
    wanted = set(range(*whole)) - {time for other in others for time in range(*other)}
    assert [time for part in left for time in range(*part)] == sorted(wanted)


@given(WINDOW.map(lambda window: Window(window.start_us * SECOND, window.end_us * SECOND + 1)), st.integers(0, 3))
def test_the_halves_of_a_window_are_the_window(window: Window, room: int) -> None:
    parts = halves(window, room)
    assert (parts[0].start_us, parts[-1].end_us) == window
    assert all(one.end_us == other.start_us for one, other in pairwise(parts))
    assert len(parts) <= 1 + room
