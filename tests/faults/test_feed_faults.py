"""Invalid responses of the feed between valid ones: read again, nothing lost, nothing duplicated."""

from typing import Any

import pytest

from tests.faults.conftest import Build
from tests.faults.rows import busy_day

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"name": "rate-limited", "retry_after": 1},
    "500": {"name": "server-error"},
    "500 with should-retry: false": {"name": "deterministic-error"},
    "502 of a proxy": {"name": "bad-gateway"},
    "503 of a proxy": {"name": "proxy-unavailable"},
    "529": {"name": "overloaded"},
    "a truncated body": {"name": "truncated-body"},
    "garbage instead of JSON": {"name": "garbage-body"},
    "a connection reset": {"name": "connection-reset"},
    "a lost response": {"name": "answer-lost"},
    "items that are not activities": {"name": "junk-items"},
    "each row twice": {"name": "repeated-rows"},
    "the first page repeated": {"name": "repeated-page"},
    "an expired cursor": {"name": "cursor-expired"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_invalid_response_loses_nothing_and_duplicates_nothing(build: Build, fault: dict[str, Any]) -> None:
    world = build(busy_day(4500), start="25h", sinks=("splunk", "archive"))
    world.feed.fault(skip=2, **fault)
    forwarder = world.start()
    forwarder.until("the fault is injected", lambda: world.feed.stats()["faults"] == {fault["name"]: 1})
    world.assert_delivered(forwarder)


def test_an_outage_longer_than_the_retries_of_one_call_is_red_until_it_ends(build: Build) -> None:
    world = build(busy_day(4500), start="25h", sinks=("splunk", "archive"))
    world.feed.fault("server-error", times=None, skip=2)
    forwarder = world.start()
    assert "HTTP 500" in forwarder.until_red("sources.activities")
    assert forwarder.is_alive()
    world.feed.faults.clear()
    forwarder.until_ready()
    world.assert_delivered(forwarder)
