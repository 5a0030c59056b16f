"""Threads that crash, end or hang: restarted, noticed, abandoned at their common deadline."""

import threading
import time
from collections.abc import Iterator

import pytest

from forwarder.pipeline.threads import ServiceThreads
from forwarder.status import Conditions
from forwarder.store import LeaseLost, StoreFault
from tests.pipeline.test_sender import until


class World:
    """Threads, and why the store ended them."""

    def __init__(self) -> None:
        self.stop, self.conditions = threading.Event(), Conditions()
        self.ended_by: list[LeaseLost | StoreFault] = []
        self.threads = ServiceThreads(self.stop, self.conditions, self._end_by)

    def _end_by(self, error: LeaseLost | StoreFault) -> None:
        self.ended_by.append(error)
        self.stop.set()


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose threads end with the test."""
    made = World()
    yield made
    made.stop.set()
    made.threads.join(time.monotonic() + 5)


def test_a_thread_that_crashes_is_restarted_and_red_until_it_has_not_crashed_again(world: World) -> None:
    runs: list[int] = []

    def run() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("a fault of ours")
        world.stop.wait()

    world.threads.start("read-activities", run)
    until(lambda: len(runs) == 2)
    assert "ValueError" in world.conditions.red()["threads.read-activities"]
    world.threads.clear_crashes()
    world.threads.report_ended()
    assert world.conditions.red() == {}


def test_a_thread_that_ends_is_noticed(world: World) -> None:
    world.threads.start("send-splunk-0", lambda: None)
    world.threads.join(time.monotonic() + 5)
    world.threads.report_ended()
    world.threads.clear_crashes()
    makes_progress, problems = world.conditions.threads()
    assert not makes_progress
    assert problems == {"threads.send-splunk-0": "has ended; restart the forwarder"}


def test_a_store_that_is_lost_ends_all_threads(world: World) -> None:
    def run() -> None:
        raise LeaseLost("taken over")

    world.threads.start("read-activities", run)
    world.threads.start("send-splunk-0", lambda: _wait(world.stop))
    world.threads.join(time.monotonic() + 5)
    world.threads.report_ended()
    assert world.conditions.threads() == (True, {}), "they were ended on purpose"
    assert [str(error) for error in world.ended_by] == ["taken over"]


def test_threads_that_hang_share_one_deadline(world: World) -> None:
    hanging = threading.Event()
    for number in range(20):
        world.threads.start(f"send-splunk-{number}", lambda: _wait(hanging))
    world.stop.set()
    began = time.monotonic()
    world.threads.join(began + 0.5)
    assert time.monotonic() - began < 0.5 * 20, "each thread had the whole time for itself"
    hanging.set()


def _wait(event: threading.Event) -> None:
    event.wait()
