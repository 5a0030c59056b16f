"""What happens in the organizations of a test."""

from datetime import UTC, datetime

from forwarder.simulator import Issue, SimulatedClock, scenario
from forwarder.simulator.clock import SECOND, micros
from tests.simulator.world import activity


def month(count: int) -> list[Issue]:
    """An ordinary month: some thirty windows of a page each."""
    return scenario("ordinary-month", now=datetime.now(UTC), count=count)


def busy_day(count: int) -> list[Issue]:
    """An ordinary day: one window, and a page for every 2,000."""
    return scenario("rate-limited", now=datetime.now(UTC), count=count)


def at_once(count: int, ago: float = 600.0) -> list[Issue]:
    """So many activities of one instant, `ago` seconds back."""
    at_us = micros(datetime.now(UTC)) - round(ago * SECOND)
    return [Issue(at_us, at_us, activity(f"{number:05d}", at_us)) for number in range(count)]


def happens(clock: SimulatedClock, name: str, count: int = 1, *, ago: float = 0.0, apart: float = 0.001) -> list[Issue]:
    """Activities that can be read from now on and were created `ago` seconds back, `apart` seconds from each other."""
    now_us = clock.now_us()
    made = [now_us - round((ago + number * apart) * SECOND) for number in range(count)]
    return [Issue(now_us, at_us, activity(f"{name}_{number}", at_us)) for number, at_us in enumerate(made)]


def ids(issues: list[Issue]) -> list[str]:
    """The ids of activities that are objects."""
    return [issue.activity["id"] for issue in issues if isinstance(issue.activity, dict)]
