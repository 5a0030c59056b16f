"""A report whose usage appears late and is restated: what is sent is its final state, and nothing is sent twice."""

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any, cast

import pytest

from forwarder.anthropic import AdminApi, ClockReading
from forwarder.errors import Retry
from forwarder.pipeline.flow import collect
from forwarder.records import UsageRecord, Window
from forwarder.sources import ReportSettings
from forwarder.sources.report_buckets import AGES_US, HOUR_US, MINUTE_US, BucketReport, RawBucket
from forwarder.sources.reports import ReportSource
from forwarder.sources.times import DAY_US, report_time
from forwarder.store import open_store
from tests.store.engines import SQLITE

NOW_US = 20_600 * DAY_US + 12 * HOUR_US
FIRST_US = NOW_US - 2 * DAY_US


class Clock:
    """The source's time, which the test moves."""

    def __init__(self) -> None:
        self.time_us = NOW_US
        self.skew_seconds = 0.0
        self.disagreement = ""

    def now_us(self) -> int:
        """Microseconds."""
        return self.time_us

    def reading(self) -> ClockReading:
        """See `ServerClock.reading`."""
        return ClockReading(self.time_us, self.time_us, self.time_us, self.disagreement)


class Api:
    """A stand-in for the Admin API: an organization, a clock, and no requests."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.client = self

    def organization(self) -> str:
        """Its id."""
        return "org-1"


class World:
    """A report of hourly tokens a key, its source and its store."""

    def __init__(self, folder: Path) -> None:
        self.api = Api()
        self.tokens: dict[tuple[int, str], int] = {}
        self.asked: list[Window] = []
        self.malformed: list[Any] = []
        self.fails = False
        self.store = open_store(f"sqlite:///{folder / 'store.db'}", ("splunk",), 2**40)
        settings = ReportSettings.model_validate({"start": "2d"})
        report = BucketReport(HOUR_US, AGES_US, 5, self._buckets)
        self.source = ReportSource("", "usage", settings, cast(AdminApi, self.api), report)

    def read(self) -> list[UsageRecord]:
        """One read: the usage records that were sent."""
        sent = []
        for collected in collect(self.source, self.store):
            sent += [one.record for one in collected.batch.incoming if isinstance(one.record, UsageRecord)]
        return sent

    def dead_letters(self) -> list[str]:
        """The reasons of the dead letters."""
        return [letter.reason for letter in self.store.dead_letters()]

    def _buckets(self, _: AdminApi, window: Window) -> Iterator[RawBucket]:
        self.asked.append(window)
        for start in range(window.start_us, window.end_us, HOUR_US):
            rows: list[Any] = [
                {"api_key_id": key, "output_tokens": tokens}
                for (bucket, key), tokens in self.tokens.items()
                if bucket == start
            ]
            yield RawBucket(report_time(start), report_time(start + HOUR_US), [*rows, *self.malformed])
            if self.fails:
                raise Retry("cut off")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two days of one key's tokens."""
    made = World(tmp_path)
    made.tokens = {(FIRST_US + hour * HOUR_US, "apikey_1"): hour + 1 for hour in range(60)}
    with closing(made.store):
        yield made


class ClaudeCodeDay:
    """A day of the Claude Code report, with the rows that a test sets, in the API's order; its source and its store.

    It has just ended, and is read again an hour and a day after its end.
    """

    def __init__(self, folder: Path) -> None:
        self.api = Api()
        self.api.clock.time_us = FIRST_DAY_US + DAY_US + 15 * MINUTE_US
        self.rows: list[dict[str, Any]] = []
        self.store = open_store(f"sqlite:///{folder / 'store.db'}", ("splunk",), 2**40)
        settings = ReportSettings.model_validate({"start": "2d"})
        report = BucketReport(DAY_US, AGES_US, 1, self._day)
        self.source = ReportSource("", "claude_code_usage", settings, cast(AdminApi, self.api), report)

    def read(self, hours: int = 0) -> dict[str, int]:
        """One read, so many hours later: the sessions by the uid of each event that is sent."""
        self.api.clock.time_us += hours * HOUR_US
        return {
            event.key_fields.uid: json.loads(event.body)["unmapped"]["claude_code"]["core_metrics"]["num_sessions"]
            for collected in collect(self.source, self.store)
            for event in collected.events
        }

    def _day(self, _: AdminApi, window: Window) -> Iterator[RawBucket]:
        rows = [dict(row) for row in self.rows] if window.start_us == FIRST_DAY_US else []
        yield RawBucket(report_time(window.start_us), report_time(window.end_us), rows)


FIRST_DAY_US = FIRST_US // DAY_US * DAY_US


def row(sessions: int, key: str = "ci-runner") -> dict[str, Any]:
    """A row of a key, which the report names and identifies by nothing else."""
    actor = {"type": "api_actor", "api_key_name": key}
    fields = {"actor": actor, "core_metrics": {"num_sessions": sessions}, "customer_type": "api", "is_remote": False}
    return {**fields, "terminal_type": "non-interactive", "tool_actions": {}, "model_breakdown": []}


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClaudeCodeDay]:
    """A day without rows."""
    made = ClaudeCodeDay(tmp_path)
    with closing(made.store):
        yield made


def tokens(records: list[UsageRecord]) -> list[int]:
    """The tokens of each usage record."""
    return [record.fields["output_tokens"] for record in records]


def test_every_settled_bucket_is_sent_once_and_none_before_it_has_ended(world: World) -> None:
    assert tokens(world.read()) == list(range(1, 48))
    assert world.read() == []
    world.api.clock.time_us += 9 * 60 * 1_000_000
    assert world.read() == [], "the bucket has ended and is not settled"
    world.api.clock.time_us += 60 * 1_000_000
    (record,) = world.read()
    assert (tokens([record]), record.organization) == ([48], "org-1")
    assert (record.end_ms - record.time_ms) * 1000 == HOUR_US


def test_a_restated_usage_record_is_sent_again_with_a_later_revision_and_no_other(world: World) -> None:
    world.api.clock.time_us += 11 * MINUTE_US
    before = {record.time_ms: record for record in world.read()}
    last = max(before)
    world.tokens[last * 1000, "apikey_1"] = 1000
    world.tokens[last * 1000, "apikey_2"] = 7
    world.api.clock.time_us += HOUR_US
    again = [record for record in world.read() if record.time_ms == last]
    assert sorted(tokens(again)) == [7, 1000]
    assert all(record.revision_ms > before[last].revision_ms for record in again)


def test_an_unchanged_bucket_is_not_sent_again_at_any_age(world: World) -> None:
    seen: list[tuple[int, int]] = []
    for _ in range(40):
        seen += [(record.time_ms, record.fields["output_tokens"]) for record in world.read()]
        world.api.clock.time_us += HOUR_US
    assert len(seen) == len(set(seen)) == 60


def test_a_report_that_fails_half_way_continues_there_and_sends_nothing_twice(world: World) -> None:
    world.fails = True
    sent = []
    with pytest.raises(Retry):
        sent += world.read()
    world.fails = False
    first = tokens(world.read())
    assert len(first) == len(set(first)) >= 46


@pytest.mark.parametrize("row", ["text", 7, None, ["row"]])
def test_a_malformed_row_is_one_dead_letter_and_affects_no_other_row(world: World, row: Any) -> None:
    world.malformed = [row]
    assert tokens(world.read()) == list(range(1, 48))
    assert world.dead_letters() == ["not-an-object"]


def test_a_bucket_outside_the_requested_window_is_a_dead_letter(world: World) -> None:
    outside = RawBucket(report_time(NOW_US + HOUR_US), report_time(NOW_US + 2 * HOUR_US), [{"output_tokens": 1}])
    reversed_ = RawBucket(report_time(FIRST_US + HOUR_US), report_time(FIRST_US), [{"output_tokens": 1}])
    timeless = RawBucket(None, 3, [{"output_tokens": 1}])
    report = BucketReport(HOUR_US, AGES_US, 100, lambda *_: iter((outside, reversed_, timeless)))
    settings = ReportSettings.model_validate({"start": "1d"})
    world.source = ReportSource("", "usage", settings, cast(AdminApi, world.api), report)
    assert world.read() == []
    assert sorted(set(world.dead_letters())) == ["bad-bucket", "bucket-outside"]


def test_a_request_asks_for_no_more_buckets_than_a_page_holds(world: World) -> None:
    world.read()
    assert max(window.end_us - window.start_us for window in world.asked) == 5 * HOUR_US


def test_a_damaged_time_range_is_sent_again(world: World, tmp_path: Path) -> None:
    world.read()
    SQLITE.ask_to_reread(tmp_path, "usage", FIRST_US + 3 * HOUR_US, FIRST_US + 4 * HOUR_US)
    assert tokens(world.read()) == [4, 5]
    assert world.read() == []


def test_watermarks_ahead_of_every_clock_go_back_to_what_has_ended(world: World) -> None:
    world.api.clock.time_us += 30 * DAY_US
    world.read()
    world.api.clock.time_us -= 30 * DAY_US
    world.tokens[NOW_US, "apikey_1"] = 4711
    world.api.clock.time_us += 2 * HOUR_US
    assert 4711 in tokens(world.read())
    assert max(window.end_us for window in world.asked[-2:]) <= world.api.clock.time_us
    assert world.read() == []


# Rows that are grouped alike


def test_two_keys_of_one_name_are_two_events_and_sent_once(day: ClaudeCodeDay) -> None:
    day.rows = [row(3), row(7)]
    sent = day.read()
    assert sorted(sent.values()) == [3, 7]
    for _ in range(3):
        assert day.read(hours=24) == {}


def test_keys_of_one_name_in_another_order_are_not_sent_again(day: ClaudeCodeDay) -> None:
    day.rows = [row(3), row(7), row(5), row(1, "another")]
    sent = day.read()
    day.rows.reverse()
    assert day.read(hours=1) == {}
    assert len(sent) == 4


def test_only_the_restated_one_of_two_keys_of_one_name_is_sent_again_under_its_uid(day: ClaudeCodeDay) -> None:
    day.rows = [row(3), row(7)]
    first = day.read()
    day.rows = [row(7), row(4)]
    again = day.read(hours=1)
    assert list(again.values()) == [4]
    assert sorted({**first, **again}.values()) == [4, 7]


def test_a_further_key_of_a_name_is_a_further_event_and_a_vanished_one_keeps_its_values(day: ClaudeCodeDay) -> None:
    day.rows = [row(3)]
    first = day.read()
    day.rows = [row(9), row(3)]
    second = day.read(hours=1)
    assert list(second.values()) == [9]
    assert second.keys().isdisjoint(first)
    day.rows = [row(9)]
    assert day.read(hours=24) == {}


def test_keys_of_one_name_with_equal_values_are_as_many_events(day: ClaudeCodeDay) -> None:
    day.rows = [row(1), row(1)]
    assert list(day.read().values()) == [1, 1]
    assert day.read(hours=1) == {}


def test_the_uids_of_rows_do_not_depend_on_their_order(tmp_path: Path) -> None:
    found = []
    for number, order in enumerate(permutations([3, 7, 1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        day = ClaudeCodeDay(folder)
        with closing(day.store):
            day.rows = [row(sessions) for sessions in order]
            found.append(day.read())
    assert all(uids == found[0] for uids in found)


def test_a_damaged_time_range_is_sent_again_under_the_uids_it_had(day: ClaudeCodeDay, tmp_path: Path) -> None:
    day.rows = [row(7), row(3)]
    first = day.read()
    day.rows = [row(3), row(7)]
    SQLITE.ask_to_reread(tmp_path, "claude_code_usage", FIRST_DAY_US, FIRST_DAY_US + HOUR_US)
    assert day.read() == first


def test_a_row_that_holds_what_json_writers_refuse_is_sent_once(day: ClaudeCodeDay) -> None:
    day.rows = [{**row(3), "note": json.loads("[" * 400 + "]" * 400)}]
    assert list(day.read().values()) == [3]
    assert day.read(hours=1) == {}
