"""The Activity Feed when the outside is wrong: dates, clocks, and windows that cannot be read to their end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forwarder.errors import Retry
from forwarder.simulator import FeedServer, Issue
from forwarder.simulator.clock import DAY, HOUR, MINUTE, SECOND
from forwarder.sources.activities import POSTPONED_AFTER
from forwarder.sources.passes import MAX_UNREAD
from forwarder.store import Checkpoint, PageCommit
from tests.sources.test_activities import row
from tests.sources.world import Reader, still_clock


class World:
    """A feed with a row a minute, the machine's clock, and the forwarder's source."""

    def __init__(self, folder: Path, server: FeedServer, **settings: Any) -> None:
        self.server, self.clock = server, server.clock
        self.local_error = 0
        self.reader = Reader(server, folder, local_us=lambda: self.clock.now_us() + self.local_error, **settings)
        self._rows = 0

    def poll(self) -> Retry | None:
        """A new row, a poll, half a minute; why the read was not complete."""
        self._rows += 1
        self.server.append(row(self._rows + 10**6, self.clock.now_us()))
        problem = None
        try:
            self.reader.read(synchronize=False)
        except Retry as error:
            problem = error
        self.clock.advance(30)
        return problem

    def delivered_all(self) -> bool:
        """Whether each row that can be read was delivered exactly once."""
        return self.reader.delivered == dict.fromkeys(self.server.issued_ids(), 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running one: the first read is done."""
    clock = still_clock()
    with FeedServer(clock=clock, records_access=False, per_minute=10**9) as server:
        made = World(tmp_path, server)
        assert made.poll() is None
        yield made
        made.reader.close()


@pytest.mark.parametrize("by", [86_400, -86_400, 600, -600], ids=str)
@pytest.mark.parametrize("status", [None, 200, 502], ids=["API", "portal", "gateway"])
def test_one_answer_with_a_wrong_date_hides_no_row_and_moves_nothing(world: World, by: int, status: int | None) -> None:
    for _ in range(4):
        watermark_us = world.reader.watermark_us()
        world.server.fault("wrong-date", by=by, **({"status": status} if status else {}))
        world.poll()
        assert watermark_us <= world.reader.watermark_us() <= world.clock.now_us() - 90 * SECOND
        assert world.poll() is None
        assert world.delivered_all()


@pytest.mark.parametrize("by", [86_400, -86_400, 600, -600], ids=str)
def test_dates_that_stay_wrong_hide_no_row_and_every_read_reports_them(world: World, by: int) -> None:
    world.server.fault("wrong-date", times=None, by=by)
    for _ in range(10):
        problem = world.poll()
        assert problem
        assert "synchronize the local clock" in str(problem)
        assert problem.after == world.reader.source.poll
        assert world.delivered_all()
        assert world.reader.watermark_us() <= world.clock.now_us() - 90 * SECOND
    world.server.faults.clear()
    assert world.poll() is None
    assert world.delivered_all()


@pytest.mark.parametrize("days", [5, -5, 300], ids=str)
def test_a_local_clock_that_is_wrong_from_the_start_hides_no_row_and_is_reported(days: int, tmp_path: Path) -> None:
    with FeedServer(clock=still_clock(), records_access=False, per_minute=10**9) as server:
        world = World(tmp_path, server, start="2h")
        world.local_error = days * DAY
        server.append(row(1, world.clock.now_us() - HOUR))
        for _ in range(5):
            assert f"{abs(days) * 86_400} s" in str(world.poll())
            assert world.delivered_all()
            assert world.reader.watermark_us() <= world.clock.now_us() - 90 * SECOND
        assert world.reader.source.skew() == pytest.approx(-days * 86_400, abs=2)
        world.local_error = 0
        assert world.poll() is None
        assert world.delivered_all()
        world.reader.close()


def test_a_local_clock_that_jumps_while_it_runs_changes_nothing(world: World) -> None:
    for jump in (DAY, -DAY, 700 * DAY):
        world.local_error = jump
        assert world.poll() is None
        assert world.delivered_all()
        assert abs(world.reader.watermark_us() - (world.clock.now_us() - 120 * SECOND)) < 2 * SECOND


@pytest.mark.parametrize("ahead", [HOUR, 10 * DAY], ids=["an hour", "ten days"])
def test_a_store_whose_watermark_lies_in_the_future_is_read_again_from_before(world: World, ahead: int) -> None:
    now_us = world.clock.now_us()
    for number in range(50):
        world.server.append(row(number, now_us - number * HOUR))
    wrong = Checkpoint(now_us - 30 * DAY, now_us + ahead, now_us + ahead, now_us + ahead)
    world.reader.store.commit(PageCommit("activities", checkpoint=wrong), now_us)
    assert world.poll() is None
    assert world.delivered_all()
    assert world.reader.watermark_us() <= world.clock.now_us() - 90 * SECOND


def test_rows_dated_in_the_future_arrive_at_once_and_once(world: World) -> None:
    for number, ahead in enumerate((HOUR, DAY, 3000 * DAY)):
        world.server.append(row(number, world.clock.now_us() + ahead))
    for _ in range(5):
        assert world.poll() is None
        assert world.delivered_all()
    assert world.reader.watermark_us() <= world.clock.now_us() - 90 * SECOND


# Windows that cannot be read to their end


@pytest.mark.parametrize("order", ["honoured", "ignored"])
@pytest.mark.parametrize("status", [400, 504])
def test_deep_pages_that_are_refused_for_ever_are_read_as_the_first_pages_of_what_is_left(
    order: Any, status: int, tmp_path: Path
) -> None:
    clock = still_clock()
    start_us = clock.now_us() - 20 * HOUR
    issues = [Issue(0, start_us + n * MINUTE, row(n, start_us + n * MINUTE)) for n in range(200)]
    with FeedServer(issues, clock=clock, records_access=False, order=order, per_minute=10**9) as server:
        world = World(tmp_path, server, small_pages=True)
        server.fault("deep-page", times=None, rows=42, status=status)
        assert world.poll() is None
        assert world.delivered_all()
        world.reader.close()


@pytest.mark.parametrize("status", [400, 504])
def test_a_time_that_cannot_be_read_holds_back_no_newer_row_and_is_tried_until_it_can(
    world: World, status: int
) -> None:
    bad_us = world.clock.now_us() - 30 * SECOND
    world.server.fault("unreadable-time", times=None, at=bad_us, status=status)
    hidden = row(0, bad_us)
    world.server.append(hidden)
    for _ in range(POSTPONED_AFTER):
        assert world.poll()
    for _ in range(15):
        assert "cannot be read, newer rows are collected" in str(world.poll())
    assert len(world.reader.store.rereads("activities")) == 1
    missing = set(world.server.issued_ids()) - set(world.reader.delivered)
    assert missing == {hidden["id"]}, "all but what is at fault is read"
    world.server.faults.clear()
    assert world.poll() is None
    assert world.delivered_all()


def test_an_outage_of_the_whole_api_postpones_nothing(world: World) -> None:
    world.server.fault("server-error", times=None)
    for _ in range(POSTPONED_AFTER + 3):
        assert world.poll()
    assert world.reader.store.rereads("activities") == []
    world.server.faults.clear()
    assert world.poll() is None
    assert world.delivered_all()


def test_an_api_that_answers_nothing_but_its_newest_row_fills_no_store_and_loses_nothing(world: World) -> None:
    world.server.fault("unreadable-time", times=None, status=400)
    for _ in range(60):
        assert world.poll()
    assert len(world.reader.store.rereads("activities")) <= MAX_UNREAD
    world.server.faults.clear()
    while world.poll():
        pass
    assert world.delivered_all()
