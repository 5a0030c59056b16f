"""Refused telemetry: what is counted, what is logged, and when it is yellow."""

from typing import Any

import structlog

from forwarder.http_server import HttpError
from forwarder.pipeline.refusals import LASTING_SECONDS, QUIET_SECONDS, SUBJECT, RefusedTelemetry
from forwarder.status import Conditions, Metrics

NO_TOKEN = HttpError(401, "no Authorization: Bearer token; set it", reason="no-token")
CLIENT = "192.0.2.7"


class World:
    """Refusals at times that the test chooses, and what they became."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.conditions, self.metrics = Conditions(), Metrics()
        self.refusals = RefusedTelemetry(self.conditions, self.metrics, lambda: self.now)
        self.logged: list[Any] = []

    def refuse(self, error: HttpError = NO_TOKEN, client: str = CLIENT, after: float = 0.0) -> None:
        self.now += after
        with structlog.testing.capture_logs() as logs:
            self.refusals.add(client, error)
        self.logged += logs


def test_a_single_refusal_is_counted_and_logged_with_the_client_and_the_fix() -> None:
    world = World()
    world.refuse()
    assert b'forwarder_refused_requests_total{reason="no-token"} 1.0' in world.metrics.text()
    (line,) = world.logged
    assert (line["client"], line["reason"], line["detail"]) == (CLIENT, "no-token", NO_TOKEN.message)
    assert world.conditions.yellow() == {}


def test_refusals_that_go_on_are_yellow_and_never_red_until_they_have_ended() -> None:
    world = World()
    for _ in range(3):
        world.refuse(after=LASTING_SECONDS / 2)
    assert CLIENT in world.conditions.yellow()[SUBJECT]
    assert NO_TOKEN.message in world.conditions.yellow()[SUBJECT]
    assert world.conditions.red() == {}
    world.now += QUIET_SECONDS - 1
    world.refusals.settle()
    assert world.conditions.yellow()
    world.now += 1
    world.refusals.settle()
    assert world.conditions.yellow() == {}
    world.refuse()
    assert world.conditions.yellow() == {}


def test_mistakes_that_are_far_apart_are_not_yellow() -> None:
    world = World()
    for _ in range(5):
        world.refuse(after=QUIET_SECONDS)
    assert world.conditions.yellow() == {}


def test_a_flood_of_refusals_from_many_addresses_is_a_bounded_number_of_lines() -> None:
    world = World()
    for number in range(10_000):
        world.refuse(client=f"10.0.{number // 256}.{number % 256}", after=0.1)
    assert len(world.logged) <= 4 * 33, "in 1,000 seconds"
    assert b'forwarder_refused_requests_total{reason="no-token"} 10000.0' in world.metrics.text()
    assert sum(line["held_back"] + 1 for line in world.logged) > 5_000


def test_what_the_store_cannot_take_is_counted_and_no_fault_of_a_client() -> None:
    world = World()
    for _ in range(3):
        world.refuse(HttpError(503, "store is full", retry_after=5), after=LASTING_SECONDS)
    assert b'forwarder_refused_requests_total{reason="unavailable"} 3.0' in world.metrics.text()
    assert (world.logged, world.conditions.yellow()) == ([], {})
