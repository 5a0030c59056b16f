"""Wrong answers of the feed between good ones: read again, nothing lost, nothing twice."""

from typing import Any

import pytest

from tests.faults.conftest import Build
from tests.faults.rows import busy_day

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"name": "rate-limited", "retry_after": 1},
    "500": {"name": "server-error"},
    "500 that says not to retry": {"name": "deterministic-error"},
    "502 of a proxy": {"name": "bad-gateway"},
    "503 of a proxy": {"name": "proxy-unavailable"},
    "529": {"name": "overloaded"},
    "a body cut short": {"name": "truncated-body"},
    "garbage instead of JSON": {"name": "garbage-body"},
    "a reset": {"name": "connection-reset"},
    "a lost answer": {"name": "answer-lost"},
    "items that are no activities": {"name": "junk-items"},
    "each row twice": {"name": "repeated-rows"},
    "the first page again": {"name": "repeated-page"},
    "a cursor that expired": {"name": "cursor-expired"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_wrong_answer_between_good_ones_loses_nothing_and_doubles_nothing(
    build: Build, fault: dict[str, Any]
) -> None:
    world = build(busy_day(4500), start="25h", sinks=("splunk", "archive"))
    world.feed.fault(skip=2, **fault)
    forwarder = world.start()
    forwarder.until("the fault has happened", lambda: world.feed.stats()["faults"] == {fault["name"]: 1})
    world.verdict(forwarder)


def test_an_outage_of_the_feed_for_longer_than_one_call_retries_is_red_and_passes(build: Build) -> None:
    world = build(busy_day(4500), start="25h", sinks=("splunk", "archive"))
    world.feed.fault("server-error", times=None, skip=2)
    forwarder = world.start()
    assert "HTTP 500" in forwarder.until_red("sources.activities")
    assert forwarder.listens()
    world.feed.faults.clear()
    forwarder.until_ready()
    world.verdict(forwarder)
