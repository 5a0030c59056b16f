"""A feed server that plays a named scenario, with the limits and faults that belong to it."""

from typing import Any

from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.feed import FeedServer
from forwarder.simulator.scenarios import SCENARIOS, scenario


def play(
    name: str,
    *,
    port: int = 0,
    seed: int = 1,
    speed: float = 1.0,
    count: int | None = None,
    clock: SimulatedClock | None = None,
    **options: Any,
) -> FeedServer:
    """The server, not yet started. `options` go to `FeedServer`. Raises `KeyError` for an unknown name."""
    clock = clock or SimulatedClock(speed=speed)
    issues = scenario(name, now=clock.now(), seed=seed, count=count)
    chosen = SCENARIOS[name]
    server = FeedServer(issues, port=port, clock=clock, **{**chosen.server, **options})
    for fault in chosen.faults:
        server.fault(**fault)
    return server
