"""What time it is, when each of the clocks may be wrong."""

import contextlib
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.anthropic.client import RequestBudget
from forwarder.anthropic.clock import AGREEING_ANSWERS, TOLERANCE_US, ServerClock
from forwarder.anthropic.json_pages import parse_page
from forwarder.errors import Retry
from tests.anthropic.answers import PAGE, PATH, Script, client, error, good

SECOND = 1_000_000
TRUE = 1_780_000_000
"""The true time at the beginning, in seconds since 1970."""
DAY, YEAR = 86_400, 365 * 86_400


class Machine:
    """A machine whose local clock is wrong by `local_error` seconds, and its client's clock."""

    def __init__(self, local_error: float = 0.0) -> None:
        self.elapsed = 0.0
        self.local_error = local_error
        self.clock = ServerClock(lambda: round((self.true() + self.local_error) * SECOND), lambda: self.elapsed)

    def true(self) -> float:
        """The true time in seconds."""
        return TRUE + self.elapsed

    def answer(self, error: float = 0.0, after: float = 30.0) -> None:
        """After some seconds, a good answer whose `Date` is wrong by `error`."""
        self.elapsed += after
        self.clock.observe(formatdate(self.true() + error, usegmt=True))

    def errors(self) -> tuple[float, float, float]:
        """By how many seconds the likeliest, the earliest and the latest time are wrong."""
        now, earliest, latest, _ = self.clock.reading()
        return now / SECOND - self.true(), earliest / SECOND - self.true(), latest / SECOND - self.true()


def test_before_the_first_good_answer_the_local_clock_is_used() -> None:
    machine = Machine(-7)
    assert not machine.clock.synchronized
    assert machine.errors() == (-7, -7, -7)


@pytest.mark.parametrize("wrong", [DAY, -DAY, 600, -600, YEAR], ids=str)
def test_one_answer_with_a_wrong_date_moves_nothing(wrong: float) -> None:
    machine = Machine(3)
    machine.answer()
    machine.answer(wrong)
    assert machine.clock.reading().disagreement
    assert all(abs(off) <= 4 for off in machine.errors())
    machine.answer()
    assert not machine.clock.reading().disagreement
    assert all(abs(off) <= 4 for off in machine.errors())


@pytest.mark.parametrize("wrong", [DAY, -DAY], ids=str)
def test_a_first_answer_with_a_wrong_date_proves_no_more_than_the_local_clock(wrong: float) -> None:
    machine = Machine()
    machine.answer(wrong)
    now, earliest, latest = machine.errors()
    assert now == pytest.approx(0, abs=1)
    assert (earliest, latest) == pytest.approx((min(0, wrong), max(0, wrong)), abs=1)
    assert f"{DAY} s {'ahead of' if wrong > 0 else 'behind'} the local clock" in machine.clock.reading().disagreement


@pytest.mark.parametrize("jump", [DAY, -DAY, 2 * YEAR, -2 * YEAR], ids=str)
def test_a_local_clock_that_jumps_moves_nothing_while_answers_agree_with_those_before(jump: float) -> None:
    machine = Machine()
    machine.answer()
    machine.local_error = jump
    for _ in range(100):
        assert all(abs(off) <= 1 for off in machine.errors())
        assert not machine.clock.reading().disagreement
        machine.answer()
    assert machine.clock.skew_seconds == pytest.approx(-jump, abs=1)


def test_a_machine_that_was_suspended_takes_the_time_on_which_the_other_two_agree() -> None:
    """The monotonic clock of Linux stands still while a machine is suspended."""
    machine = Machine()
    machine.answer()
    hours = 5 * 3600
    machine.local_error = hours
    machine.clock.observe(formatdate(machine.true() + hours, usegmt=True))
    assert not machine.clock.reading().disagreement
    assert all(off == pytest.approx(hours, abs=1) for off in machine.errors())


def test_answers_that_agree_name_the_time_but_prove_nothing_that_the_local_clock_denies() -> None:
    machine = Machine(-DAY)
    for number in range(1, AGREEING_ANSWERS + 3):
        machine.answer()
        now, earliest, latest = machine.errors()
        assert now == pytest.approx(0 if number >= AGREEING_ANSWERS else -DAY, abs=1)
        assert (earliest, latest) == pytest.approx((-DAY, 0), abs=1)
        assert machine.clock.reading().disagreement


def test_dates_that_creep_away_are_left_behind_by_the_local_clock() -> None:
    machine = Machine()
    for step in range(100):
        machine.answer(step * 60)
    assert machine.clock.reading().disagreement
    assert max(abs(off) for off in machine.errors()) <= TOLERANCE_US / SECOND


def test_a_local_clock_that_was_never_set_does_not_count() -> None:
    machine = Machine(-TRUE)
    machine.answer()
    assert machine.errors() == pytest.approx((0, 0, 0), abs=1)


@given(
    local=st.integers(-2 * YEAR, 2 * YEAR),
    dates=st.lists(st.integers(-2 * YEAR, 2 * YEAR), min_size=1, max_size=20),
)
def test_with_one_clock_right_the_true_time_is_never_outside_the_bounds(local: int, dates: list[int]) -> None:
    """Whichever it is: all answers right and the local clock wrong, or the other way round."""
    for local_error, errors in ((local, [0] * len(dates)), (0, dates)):
        machine = Machine(local_error)
        for wrong in errors:
            machine.answer(wrong)
            _, earliest, latest = machine.errors()
            tolerance = TOLERANCE_US / SECOND + 1
            assert earliest <= tolerance
            assert latest >= -tolerance


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026-11-21T10:00:00Z", "Sat, 99 Nov 2026 10:00:00 GMT"])
def test_an_unreadable_date_is_ignored(date: str | None) -> None:
    machine = Machine()
    machine.answer()
    before = machine.clock.reading()
    machine.clock.observe(date)
    assert machine.clock.reading() == before


def response(status: int = 200, content: bytes | None = None, **headers: str) -> httpx.Response:
    """A response of 2020, of which only the rest is good or not."""
    fields = {"date": "Sat, 21 Nov 2020 10:00:00 GMT", **headers}
    return (
        httpx.Response(status, headers=fields, content=content)
        if content
        else httpx.Response(status, headers=fields, json=PAGE)
    )


@pytest.mark.parametrize(
    "answer",
    [
        response(502, b"<html>Bad gateway</html>"),
        response(200, b"<html>Sign in to the network</html>"),
        response(200, b'{"data": [], "has_mo'),
        response(200, age="86400"),
        error(500, date="Sat, 21 Nov 2020 10:00:00 GMT"),
        error(429, "rate_limit_error", date="Sat, 21 Nov 2020 10:00:00 GMT"),
    ],
    ids=["gateway", "captive portal", "truncated", "cache", "error", "throttled"],
)
def test_no_time_is_taken_from_an_answer_that_is_not_good(answer: httpx.Response) -> None:
    asking = client(Script([answer, answer, answer, answer, answer, good()]))
    with contextlib.suppress(Retry):
        asking.read(PATH, [], parse_page)
    assert not asking.clock.synchronized


def test_a_closed_budget_opens_by_itself_and_never_too_early() -> None:
    now = [100.0]
    budget = RequestBudget(lambda: now[0])
    assert budget.pause() == 0
    budget.close(10)
    budget.close(3)
    assert budget.pause() == 10
    now[0] = 109.5
    assert budget.pause() == pytest.approx(0.5)
    now[0] = 111
    assert budget.pause() == 0
