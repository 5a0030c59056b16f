"""SIGKILL at thirty random points: nothing lost, and twice at most what was in flight at each (`World.note_ended`).

A point is a number of requests that the stage has served in a run, so it falls at the same point of the work on a
slow machine and on a fast one; the random numbers are seeded.
"""

import random
from collections.abc import Callable

from forwarder.simulator import SimulatedClock
from tests.faults.conftest import Build
from tests.faults.rows import month, new_activities
from tests.faults.world import World

KILLS = 10


class Killer:
    """Runs a forwarder until a random point and kills it."""

    def __init__(self, world: World, seed: str) -> None:
        self._world = world
        self._random = random.Random(seed)

    def run_and_kill(self, longest: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """One run of up to `longest` requests."""
        last = self._served() + self._random.randint(1, longest)

        def is_reached() -> bool:
            meanwhile()
            return self._served() >= last

        self.run_until_and_kill("the point is reached", is_reached)

    def run_until_and_kill(self, what: str, condition: Callable[[], bool]) -> None:
        """One run until `condition`."""
        forwarder = self._world.launch()
        forwarder.until(what, condition)
        self._world.kill(forwarder)

    def _served(self) -> int:
        world = self._world
        return sum(sum(server.stats()["requests"].values()) for server in (world.feed, world.hec, world.logs))


def test_kills_during_the_first_run(build: Build) -> None:
    world = build(month(4000))
    killer = Killer(world, "first run")
    for _ in range(KILLS):
        killer.run_and_kill(longest=25)
    world.assert_delivered(world.start())


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
    world.assert_delivered(world.start())


def test_kills_in_steady_operation(build: Build) -> None:
    world = build(month(600), clock=SimulatedClock())
    killer = Killer(world, "steady operation")
    happened = iter(range(1_000_000))

    def something_happens() -> None:
        world.feed.extend(new_activities(world.feed.clock, f"steady_{next(happened)}", 2))

    for _ in range(KILLS):
        killer.run_and_kill(longest=60, meanwhile=something_happens)
    world.assert_delivered(world.start())
