"""A feed server that plays a named scenario, with the limits and faults that belong to it."""

from typing import Any

from forwarder.simulator.admin import company
from forwarder.simulator.clock import DAY, SECOND, SimulatedClock, micros
from forwarder.simulator.feed import FeedServer
from forwarder.simulator.scenarios import SCENARIOS, Issue, scenario
from forwarder.simulator.scenarios.ordinary import ordinary


def play(
    name: str,
    *,
    port: int = 0,
    seed: int = 1,
    speed: float = 1.0,
    count: int | None = None,
    clock: SimulatedClock | None = None,
    ahead: float = 0.0,
    **options: Any,
) -> FeedServer:
    """The server, not yet started. `options` go to `FeedServer`. Raises `KeyError` for an unknown name.

    Its Admin API shows the people of the scenario.
    For `ahead` simulated seconds after now ordinary life goes on, at the pace of 10,000 activities a month.
    """
    clock = clock or SimulatedClock(speed=speed)
    now = clock.now()
    issues = scenario(name, now=now, seed=seed, count=count)
    chosen = SCENARIOS[name]
    if ahead:
        issues += _life_goes_on(seed, clock.now_us(), round(ahead * SECOND))
    organization = company(name, clock=clock, seed=seed, now_us=micros(now))
    known = {"organization": organization, **chosen.server, **options}
    server = FeedServer(issues, port=port, clock=clock, **known)
    for fault in chosen.faults:
        server.fault(**fault)
    return server


def _life_goes_on(seed: int, start_us: int, length_us: int) -> list[Issue]:
    count = max(1, 10_000 * length_us // (30 * DAY))
    return ordinary(count, seed, start_us, start_us + length_us, name="ahead")
