"""Named, seeded scenarios of what happens in a Claude organization, as activities with their times.

A scenario is the same for the same (name, seed, now, count); it knows the feed's documentation and no server.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.simulator.clock import micros
from forwarder.simulator.scenarios.all_types import all_types
from forwarder.simulator.scenarios.attack_keys import attack_keys
from forwarder.simulator.scenarios.hostile import hostile
from forwarder.simulator.scenarios.issue import Issue
from forwarder.simulator.scenarios.ordinary import busy_day, equal_timestamps, late_rows, many_organizations, month

__all__ = ["SCENARIOS", "Issue", "Scenario", "scenario"]


class Scenario(NamedTuple):
    """How a scenario is made from (count, seed, now in µs), its usual count, and what its server is like."""

    make: Callable[[int, int, int], list[Issue]]
    usual: int
    server: Mapping[str, Any] = MappingProxyType({})
    faults: tuple[dict[str, Any], ...] = ()


SCENARIOS: dict[str, Scenario] = {
    "ordinary-month": Scenario(month, 10_000),
    "attack-keys": Scenario(attack_keys, 10_000),
    "late-rows": Scenario(late_rows, 5_000),
    "rate-limited": Scenario(
        busy_day,
        5_000,
        server={"per_minute": 20},
        faults=tuple({"name": "rate-limited", "skip": 1, "retry_after": 1} for _ in range(5)),
    ),
    "all-types": Scenario(all_types, 0),
    "hostile": Scenario(hostile, 500),
    "equal-timestamps": Scenario(equal_timestamps, 3_000),
    "many-organizations": Scenario(many_organizations, 5_000),
}


def scenario(name: str, *, now: datetime, seed: int = 1, count: int | None = None) -> list[Issue]:
    """The activities of the named scenario. Raises `KeyError` that names the scenarios there are."""
    if name not in SCENARIOS:
        raise KeyError(f"no scenario {name!r}; there are {', '.join(SCENARIOS)}")
    chosen = SCENARIOS[name]
    return chosen.make(chosen.usual if count is None else count, seed, micros(now))
