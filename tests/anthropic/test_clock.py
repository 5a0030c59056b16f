"""Anthropic's time comes from its responses; the local clock changes nothing between two of them."""

import time
from email.utils import formatdate

import pytest

from forwarder.anthropic.client import RequestBudget, ServerClock
from tests.anthropic.answers import PATH, Script, client, good

SECOND = 1_000_000


def test_now_is_the_servers_time_whatever_the_local_clock_says() -> None:
    asking = client(Script([good(date="Sat, 21 Nov 2020 10:00:00 GMT")]))
    assert not asking.clock.synchronized
    asking.get(PATH, [])
    assert asking.clock.synchronized
    assert 0 <= asking.clock.now_us() - 1_605_952_800 * SECOND < 5 * SECOND
    assert asking.clock.skew_seconds == pytest.approx(1_605_952_800 - time.time(), abs=5)


def test_a_jump_of_the_local_clock_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ServerClock()
    clock.observe(formatdate(1_605_952_800, usegmt=True))
    for jump in (86_400, -86_400):
        jumped = time.time() + jump
        with monkeypatch.context() as world:
            world.setattr(time, "time", lambda at=jumped: at)
            world.setattr(time, "time_ns", lambda at=jumped: int(at * 1e9))
            assert 0 <= clock.now_us() - 1_605_952_800 * SECOND < 5 * SECOND


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026-11-21T10:00:00Z", "Sat, 99 Nov 2026 10:00:00 GMT"])
def test_an_unreadable_date_is_ignored(date: str | None) -> None:
    clock = ServerClock()
    clock.observe("Sat, 21 Nov 2020 10:00:00 GMT")
    before = clock.now_us()
    clock.observe(date)
    assert 0 <= clock.now_us() - before < 5 * SECOND


def test_before_the_first_response_the_local_clock_is_used() -> None:
    assert abs(ServerClock().now_us() - time.time_ns() // 1000) < 5 * SECOND


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
