"""A report whose figures appear late and are re-stated: what is sent is what it says in the end, and no more often."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from forwarder.anthropic import AdminApi
from forwarder.errors import Retry
from forwarder.pipeline.flow import collect
from forwarder.records import UsageRecord, Window
from forwarder.sources import ReportSettings
from forwarder.sources.report_kinds import AGES_US, HOUR_US, MINUTE_US, Bucket, Report
from forwarder.sources.reports import ReportSource
from forwarder.sources.times import DAY_US, written
from forwarder.store import open_store
from tests.store.engines import SQLITE

NOW_US = 20_600 * DAY_US + 12 * HOUR_US
FIRST_US = NOW_US - 2 * DAY_US


class Clock:
    """The source's time, which the test moves."""

    def __init__(self) -> None:
        self.time_us = NOW_US
        self.skew_seconds = 0.0

    def now_us(self) -> int:
        """Microseconds."""
        return self.time_us


class Api:
    """Stands for the Admin API: an organization, a clock, and no requests."""

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
        self.spoilt: list[Any] = []
        self.fails = False
        self.store = open_store(f"sqlite:///{folder / 'store.db'}", ("splunk",), 2**40)
        settings = ReportSettings.model_validate({"start": "2d"})
        report = Report("usage", HOUR_US, AGES_US, 5, self._buckets)
        self.source = ReportSource("", settings, cast(AdminApi, self.api), report)

    def read(self) -> list[UsageRecord]:
        """One read: the figures that were sent."""
        sent = []
        for collected in collect(self.source, self.store):
            sent += [one.record for one in collected.batch.incoming if isinstance(one.record, UsageRecord)]
        return sent

    def dead_letters(self) -> list[str]:
        """The reasons of the dead letters."""
        return [letter.reason for letter in self.store.dead_letters()]

    def _buckets(self, _: AdminApi, window: Window) -> Iterator[Bucket]:
        self.asked.append(window)
        for start in range(window.start_us, window.end_us, HOUR_US):
            rows: list[Any] = [
                {"api_key_id": key, "output_tokens": tokens}
                for (bucket, key), tokens in self.tokens.items()
                if bucket == start
            ]
            yield Bucket(written(start), written(start + HOUR_US), [*rows, *self.spoilt])
            if self.fails:
                raise Retry("cut off")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two days of one key's tokens."""
    made = World(tmp_path)
    made.tokens = {(FIRST_US + hour * HOUR_US, "apikey_1"): hour + 1 for hour in range(60)}
    with closing(made.store):
        yield made


def said(figures: list[UsageRecord]) -> list[int]:
    """The tokens of each figure."""
    return [figure.fields["output_tokens"] for figure in figures]


def test_every_settled_bucket_is_sent_once_and_none_before_it_has_ended(world: World) -> None:
    assert said(world.read()) == list(range(1, 48))
    assert world.read() == []
    world.api.clock.time_us += 9 * 60 * 1_000_000
    assert world.read() == [], "the bucket has ended and is not settled"
    world.api.clock.time_us += 60 * 1_000_000
    (figure,) = world.read()
    assert (said([figure]), figure.organization) == ([48], "org-1")
    assert (figure.end_ms - figure.time_ms) * 1000 == HOUR_US


def test_a_figure_that_is_re_stated_is_sent_again_with_a_later_revision_and_only_that(world: World) -> None:
    world.api.clock.time_us += 11 * MINUTE_US
    before = {figure.time_ms: figure for figure in world.read()}
    last = max(before)
    world.tokens[last * 1000, "apikey_1"] = 1000
    world.tokens[last * 1000, "apikey_2"] = 7
    world.api.clock.time_us += HOUR_US
    again = [figure for figure in world.read() if figure.time_ms == last]
    assert sorted(said(again)) == [7, 1000]
    assert all(figure.revision_ms > before[last].revision_ms for figure in again)


def test_a_bucket_that_is_as_it_was_is_not_sent_at_any_age(world: World) -> None:
    seen: list[tuple[int, int]] = []
    for _ in range(40):
        seen += [(figure.time_ms, figure.fields["output_tokens"]) for figure in world.read()]
        world.api.clock.time_us += HOUR_US
    assert len(seen) == len(set(seen)) == 60


def test_a_report_that_fails_half_way_goes_on_where_it_was_and_sends_nothing_twice(world: World) -> None:
    world.fails = True
    sent = []
    with pytest.raises(Retry):
        sent += world.read()
    world.fails = False
    first = said(world.read())
    assert len(first) == len(set(first)) >= 46


@pytest.mark.parametrize("spoilt", ["text", 7, None, ["row"]])
def test_a_row_that_is_none_is_a_letter_once_and_costs_no_other(world: World, spoilt: Any) -> None:
    world.spoilt = [spoilt]
    assert said(world.read()) == list(range(1, 48))
    assert world.dead_letters() == ["not-an-object"]


def test_a_bucket_outside_of_what_was_asked_for_is_a_letter_and_no_figure(world: World) -> None:
    outside = Bucket(written(NOW_US + HOUR_US), written(NOW_US + 2 * HOUR_US), [{"output_tokens": 1}])
    reversed_ = Bucket(written(FIRST_US + HOUR_US), written(FIRST_US), [{"output_tokens": 1}])
    timeless = Bucket(None, 3, [{"output_tokens": 1}])
    report = Report("usage", HOUR_US, AGES_US, 100, lambda *_: iter((outside, reversed_, timeless)))
    settings = ReportSettings.model_validate({"start": "1d"})
    world.source = ReportSource("", settings, cast(AdminApi, world.api), report)
    assert world.read() == []
    assert sorted(set(world.dead_letters())) == ["bad-bucket", "bucket-outside"]


def test_what_is_asked_for_is_no_more_than_a_page_holds(world: World) -> None:
    world.read()
    assert max(window.end_us - window.start_us for window in world.asked) == 5 * HOUR_US


def test_a_damaged_stretch_is_told_again(world: World, tmp_path: Path) -> None:
    world.read()
    SQLITE.ask_to_reread(tmp_path, "usage", FIRST_US + 3 * HOUR_US, FIRST_US + 4 * HOUR_US)
    assert said(world.read()) == [4, 5]
    assert world.read() == []
