"""What the outside says about the time is wrong: `Date` headers, the local clock, a watermark of the past."""

import time

import pytest

from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import ids, month, new_activities
from tests.faults.world import World

DAY = 86_400
SOURCE = "sources.activities"


def _caught_up(build: Build) -> tuple[World, Forwarder]:
    world = build(month(300), sinks=("splunk",))
    forwarder = world.start()
    forwarder.until("the first run is complete", lambda: world.has_received("splunk", world.feed.issued_ids()))
    forwarder.until_ready()
    return world, forwarder


def _new_rows_arrive(world: World, forwarder: Forwarder, name: str) -> None:
    rows = new_activities(world.feed.clock, name, 20)
    world.feed.extend(rows)
    forwarder.until(f"the rows {name} are delivered", lambda: world.has_received("splunk", ids(rows)), within=30)


@pytest.mark.parametrize("by", [DAY, -DAY, -600], ids=["a day ahead", "a day behind", "ten minutes behind"])
@pytest.mark.parametrize("status", [None, 502], ids=["of the API", "of a gateway"])
def test_one_answer_with_a_wrong_date_hides_no_row(build: Build, by: int, status: int | None) -> None:
    world, forwarder = _caught_up(build)
    world.feed.fault("wrong-date", by=by, **({"status": status} if status else {}))
    forwarder.until("the fault happened", lambda: world.feed.stats()["faults"].get("wrong-date"))
    _new_rows_arrive(world, forwarder, "after")
    forwarder.until_ready()
    lag = forwarder.metric("forwarder_lag_seconds", source="activities")
    assert 0 <= lag < 300
    world.assert_delivered(forwarder)


def test_dates_that_stay_wrong_turn_red_and_hide_no_row(build: Build) -> None:
    world, forwarder = _caught_up(build)
    for by in (DAY, -DAY):
        world.feed.fault("wrong-date", times=None, by=by)
        assert f" s {'ahead of' if by > 0 else 'behind'} the local clock" in forwarder.until_red(SOURCE)
        _new_rows_arrive(world, forwarder, f"while_wrong_{by}")
        assert SOURCE in forwarder.red()
        world.feed.faults.clear()
        forwarder.until_ready()
    world.assert_delivered(forwarder)


def test_a_local_clock_that_is_wrong_at_the_start_turns_red_and_hides_no_row(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    world.set_local_clock(-5 * DAY)
    forwarder = world.start()
    assert "synchronize the local clock" in forwarder.until_red(SOURCE)
    _new_rows_arrive(world, forwarder, "meanwhile")
    world.set_local_clock(0)
    forwarder.until_ready()
    world.assert_delivered(forwarder)


def test_a_first_answer_with_a_wrong_date_costs_a_single_run_nothing(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    wanted = {"splunk": world.feed.issued_ids()}
    world.feed.fault("wrong-date", by=DAY)
    assert world.launch("--once").wait_for_exit() == 0
    world.assert_no_loss(wanted)


def test_a_watermark_in_the_future_is_read_again_from_before(build: Build) -> None:
    """As an earlier version left it, which believed an answer dated a day ahead."""
    world, forwarder = _caught_up(build)
    assert forwarder.stop() == 0
    missed = new_activities(world.feed.clock, "missed", 50, apart=60.0)
    world.feed.extend(missed)
    ahead_us = int((time.time() + DAY) * 1e6)
    world.query("UPDATE checkpoint SET watermark_us = ?, overlapped_us = ?, reconciled_us = ?", *[ahead_us] * 3)
    forwarder = world.start()
    forwarder.until("the watermark goes back", lambda: forwarder.logged("read again"))
    forwarder.until("the watermark is recent", lambda: 0 <= forwarder.metric("forwarder_lag_seconds") < 300)
    world.assert_delivered(forwarder)
    assert not world.duplicated("splunk")


def test_a_time_that_the_api_cannot_read_turns_red_and_holds_back_no_other_row(build: Build) -> None:
    world, forwarder = _caught_up(build)
    rows = new_activities(world.feed.clock, "around", 20, apart=10.0)
    hidden = rows[10]
    others = [row for row in rows if row is not hidden]
    world.feed.fault("unreadable-time", times=None, at=hidden.created_us, status=400)
    world.feed.extend(rows)
    forwarder.until("the others are delivered", lambda: world.has_received("splunk", ids(others)))
    assert "cannot be read, newer rows are collected" in forwarder.until_red(SOURCE)
    _new_rows_arrive(world, forwarder, "newer")
    world.feed.faults.clear()
    forwarder.until_ready()
    world.assert_delivered(forwarder)
