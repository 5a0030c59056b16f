"""Activities for the fault tests."""

from datetime import UTC, datetime

from forwarder.simulator import Issue, SimulatedClock, scenario
from forwarder.simulator.clock import SECOND, micros
from tests.simulator.world import activity


def month(count: int) -> list[Issue]:
    """An ordinary month: about thirty windows with one page each."""
    return scenario("ordinary-month", now=datetime.now(UTC), count=count)


def busy_day(count: int) -> list[Issue]:
    """An ordinary day: one window, with one page per 2,000 activities."""
    return scenario("rate-limited", now=datetime.now(UTC), count=count)


def simultaneous_activities(count: int, ago: float = 600.0) -> list[Issue]:
    """Activities with the same timestamp, `ago` seconds in the past."""
    at_us = micros(datetime.now(UTC)) - round(ago * SECOND)
    return [Issue(at_us, at_us, activity(f"{number:05d}", at_us)) for number in range(count)]


def new_activities(
    clock: SimulatedClock, name: str, count: int = 1, *, ago: float = 0.0, apart: float = 0.001
) -> list[Issue]:
    """Activities that can be read from now on, created `ago` seconds in the past, `apart` seconds apart."""
    now_us = clock.now_us()
    timestamps = [now_us - round((ago + number * apart) * SECOND) for number in range(count)]
    return [Issue(now_us, at_us, activity(f"{name}_{number}", at_us)) for number, at_us in enumerate(timestamps)]


def ids(issues: list[Issue]) -> list[str]:
    """The ids of the activities that are objects."""
    return [issue.activity["id"] for issue in issues if isinstance(issue.activity, dict)]
