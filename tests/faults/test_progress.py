"""No progress is never success: what hangs, loops or asks for patience is red in time, and costs no budget."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Build
from tests.faults.rows import busy_day, ids, month, new_activities
from tests.faults.test_store import _with_events_waiting
from tests.faults.world import World

SUBJECT = "sources.activities"
HANGS = 3600.0
"""Seconds; nobody waits for the answer."""
CALLS = 60
"""Requests of a source in a test; the budget of an organization is 600 a minute."""


@pytest.mark.parametrize("skip", [0, 2], ids=["from the start", "after some pages"])
def test_an_api_that_never_answers_is_red_after_three_polls_and_the_process_is_alive(build: Build, skip: int) -> None:
    world = build(busy_day(4500), start="25h", sinks=("archive",))
    world.settings["sources"]["activities"]["poll"] = "1s"
    world.feed.fault("slow", times=None, skip=skip, delay=HANGS)
    forwarder = world.start()
    assert "no read was completed" in forwarder.until_red(SUBJECT, within=50)
    assert forwarder.is_alive()


def test_a_rate_limit_of_minutes_is_red_after_three_polls(build: Build) -> None:
    world = build(month(300), sinks=("archive",))
    world.settings["sources"]["activities"]["poll"] = "1s"
    forwarder = world.start()
    forwarder.until("it has read", lambda: forwarder.metric("forwarder_read_records_total") >= 250)
    world.feed.fault("rate-limited", times=None, retry_after=300)
    assert "HTTP 429" in forwarder.until_red(SUBJECT, within=50)


ENDLESS: dict[str, dict[str, Any]] = {
    "one page": {"period": 1},
    "two pages in turn": {"period": 2},
    "seven pages in turn": {"period": 7},
    "the same rows under new cursors": {},
}


@pytest.mark.parametrize("loop", ENDLESS.values(), ids=ENDLESS)
def test_pages_without_end_are_red_and_leave_the_request_budget_alone(build: Build, loop: dict[str, Any]) -> None:
    world = build(busy_day(4500), start="25h", sinks=("splunk",))
    world.settings["sources"]["activities"]["poll"] = "1s"
    world.feed.fault("endless-pages", times=None, skip=2, **loop)
    forwarder = world.start()
    assert "pages" in forwarder.until_red(SUBJECT, within=50)
    assert len(world.feed.served()) < CALLS
    world.feed.faults.clear()
    forwarder.until_ready(within=100)
    world.assert_delivered(forwarder)


def _delete(world: World) -> None:
    for suffix in ("", "-wal", "-shm"):
        world.store.with_name(world.store.name + suffix).unlink(missing_ok=True)


def _replace(world: World) -> None:
    """Another store with the same tables and lease stands in its place, as after a restored backup."""
    copy = world.store.with_name("copy.db")
    with closing(sqlite3.connect(world.store)) as db, closing(sqlite3.connect(copy)) as backup:
        db.backup(backup)
    _delete(world)
    copy.rename(world.store)


@pytest.mark.parametrize("harm", [_delete, _replace])
def test_a_store_file_that_is_taken_away_is_red_and_its_depth_is_read_again(build: Build, harm: Any) -> None:
    world = build(month(1500), sinks=("splunk",))
    forwarder = _with_events_waiting(world, 1500)
    recent = [row.id for row in world.feed.issued_rows() if row.created_us > world.feed.clock.now_us() - 3 * 86_400e6]
    assert len(recent) > 50
    harm(world)
    assert "set aside" in forwarder.until_red("store.recovered")
    assert Path(world.store).exists()
    fresh = new_activities(world.feed.clock, "fresh", 20)
    world.feed.extend(fresh)
    world.allow_issued_again("splunk")
    world.hec.faults.clear()
    forwarder.until("fresh rows are delivered", lambda: world.has_received("splunk", ids(fresh)))
    world.assert_delivered(forwarder, ids=[*recent, *ids(fresh)])
