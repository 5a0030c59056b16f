"""SIGKILL at thirty random points: nothing lost, and twice at most what was in flight at each.

A point is a number of requests that the stage has served in a run, so it falls at the same point of the work on a
slow machine and on a fast one; the random numbers are seeded.
"""

import random
import time
from collections.abc import Callable

from forwarder.simulator import SimulatedClock
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import month, new_activities
from tests.faults.world import World

KILLS = 10


SETTLED = 0.3
"""Seconds without a new body, after which a receiver has read all that a killed process had sent."""


class Killer:
    """Runs a forwarder until a random point and kills it; knows what each kill may have doubled."""

    def __init__(self, world: World, seed: str) -> None:
        self._world = world
        self._random = random.Random(seed)
        self._limits = dict.fromkeys(world.receivers(), 0)

    def run_and_kill(self, longest: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """One run of up to `longest` requests."""
        last = self._served() + self._random.randint(1, longest)

        def is_reached() -> bool:
            meanwhile()
            return self._served() >= last

        self.run_until_and_kill("the point is reached", is_reached)

    def run_until_and_kill(self, what: str, condition: Callable[[], bool]) -> None:
        """One run until `condition`."""
        begun = self._bodies()
        forwarder = self._world.launch()
        forwarder.until(what, condition)
        forwarder.kill()
        self._wait_until_settled()
        for sink, first in begun.items():
            self._limits[sink] += self._world.ledgers[sink].in_flight(since=first)

    def assert_delivered(self, forwarder: Forwarder) -> None:
        """The verdict, with the sum of what the kills may have doubled."""
        self._world.assert_delivered(forwarder, limits=self._limits)

    def _bodies(self) -> dict[str, int]:
        return {sink: len(self._world.ledgers[sink].bodies) for sink in self._limits}

    def _wait_until_settled(self) -> None:
        """What was on its way to a receiver when the process was killed still arrives, and counts."""
        before, since = self._bodies(), time.monotonic()
        while time.monotonic() - since < SETTLED:
            time.sleep(0.02)
            if (now := self._bodies()) != before:
                before, since = now, time.monotonic()

    def _served(self) -> int:
        world = self._world
        return sum(sum(server.stats()["requests"].values()) for server in (world.feed, world.hec, world.logs))


def test_kills_during_the_first_run(build: Build) -> None:
    world = build(month(4000))
    killer = Killer(world, "first run")
    for _ in range(KILLS):
        killer.run_and_kill(longest=25)
    killer.assert_delivered(world.start())


def test_kills_while_catching_up(build: Build) -> None:
    world = build(month(600))
    issued = world.feed.issued_ids()
    killer = Killer(world, "catching up")
    killer.run_until_and_kill(
        "the first run is over", lambda: all(world.has_received(sink, issued) for sink in world.receivers())
    )
    for number in range(KILLS):
        world.advance(3600)
        world.feed.extend(new_activities(world.feed.clock, f"missed_{number}", 1000, apart=3.0))
        killer.run_and_kill(longest=30)
    killer.assert_delivered(world.start())


def test_kills_in_steady_operation(build: Build) -> None:
    world = build(month(600), clock=SimulatedClock())
    killer = Killer(world, "steady operation")
    happened = iter(range(1_000_000))

    def something_happens() -> None:
        world.feed.extend(new_activities(world.feed.clock, f"steady_{next(happened)}", 2))

    for _ in range(KILLS):
        killer.run_and_kill(longest=60, meanwhile=something_happens)
    killer.assert_delivered(world.start())
