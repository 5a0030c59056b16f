"""How a collector retries and reports the failures of its source."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.errors import AccessRefused, Misconfigured, Retry
from forwarder.pipeline.collector import (
    FAILED_REQUESTS_A_SECOND,
    FULL_STORE_PAUSE,
    MAX_TYPES,
    REFUSED_PAUSE,
    SourceCollector,
)
from forwarder.status import Conditions, Metrics
from forwarder.store import Store
from tests.pipeline.doubles import SECOND, HangingSource, ScriptedSource, ScriptStep, batch, refused, store


class World:
    """A collector with a clock that only the test moves."""

    def __init__(self, folder: Path, source: ScriptedSource, max_bytes: int = 2**40) -> None:
        self.now = 0.0
        self.source, self.metrics, self.stop = source, Metrics(), threading.Event()
        self.conditions = Conditions(lambda: self.now)
        self.store: Store = store(folder, max_bytes=max_bytes)
        self.commits = 0
        self.collector = SourceCollector(
            source, self.store, self.conditions, self.metrics, self.stop, self._count_commit
        )

    def _count_commit(self) -> None:
        self.commits += 1

    def metric(self, line: str) -> bool:
        """Whether the metrics have this line."""
        return line in self.metrics.text().decode().splitlines()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[World]]:
    """Worlds that are closed at the end of the test."""
    made: list[World] = []
    yield made
    for world in made:
        world.store.close()


def test_a_successful_read_is_stored_and_counted_and_waits_for_the_poll_interval(
    tmp_path: Path, worlds: list[World]
) -> None:
    source = ScriptedSource([batch(1, 2), batch(3, checkpoint=3, dead_letters=[refused(1)], read=9)])
    world = World(tmp_path, source)
    worlds.append(world)
    assert not world.collector.caught_up.is_set()
    assert world.collector.read_once() == source.poll
    assert world.collector.caught_up.is_set()
    assert world.store.backlog() == {"splunk": 3}
    assert (world.collector.records, world.commits) == (3, 2)
    assert world.metric('forwarder_read_records_total{source="activities"} 11.0')
    assert world.metric('forwarder_refused_records_total{by="source",reason="no-id"} 1.0')
    assert world.conditions.red() == {}


def test_a_refused_key_is_red_at_once_and_retried_when_the_secret_changes(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([AccessRefused("anthropic.compliance_key: revoked")], [batch(1)])
    world = World(tmp_path, source)
    worlds.append(world)
    threading.Timer(0.3, lambda: setattr(source, "version", 1)).start()
    assert world.collector.read_once() == 0
    assert world.conditions.red() == {"sources.activities": "anthropic.compliance_key: revoked"}
    assert not world.collector.caught_up.is_set()
    world.collector.read_once()
    assert world.conditions.red() == {}
    assert world.store.backlog() == {"splunk": 1}


def test_a_secret_that_changed_while_the_old_one_was_refused_is_tried_at_once(
    tmp_path: Path, worlds: list[World]
) -> None:
    source = ScriptedSource([AccessRefused("anthropic.compliance_key: revoked")])
    source.before_each = lambda: setattr(source, "version", 1)
    world = World(tmp_path, source)
    worlds.append(world)
    started = time.monotonic()
    assert world.collector.read_once() == 0
    assert time.monotonic() - started < REFUSED_PAUSE / 2


def test_an_unreadable_secret_turns_only_its_source_red(tmp_path: Path, worlds: list[World]) -> None:
    world = World(tmp_path, ScriptedSource([Misconfigured("anthropic.compliance_key_file: is empty")]))
    worlds.append(world)
    world.stop.set()
    assert world.collector.read_once() == 0
    assert list(world.conditions.red()) == ["sources.activities"]


def test_an_api_outage_is_red_only_after_three_polls(tmp_path: Path, worlds: list[World]) -> None:
    world = World(tmp_path, ScriptedSource(*[[Retry("HTTP 500")]] * 5))
    worlds.append(world)
    for now in (0, 30, 89):
        world.now = now
        assert 0 < world.collector.read_once() <= 4
        assert world.conditions.red() == {}
    world.now = 90
    assert world.conditions.red() == {"sources.activities": "HTTP 500"}
    world.collector.read_once()
    world.collector.read_once()
    world.collector.read_once()
    assert world.conditions.red() == {}


def test_a_read_that_hangs_is_red_by_time_alone_and_ready_again_when_it_is_completed(
    tmp_path: Path, worlds: list[World]
) -> None:
    source = HangingSource([batch(1)])
    world = World(tmp_path, source)
    worlds.append(world)
    reading = threading.Thread(target=world.collector.read_once)
    reading.start()
    world.now = 89
    assert world.conditions.red() == {}
    world.now = 90
    assert "no read was completed within 3 polls (90 s)" in world.conditions.red()["sources.activities"]
    source.may_answer.set()
    reading.join(5)
    assert world.conditions.red() == {}
    world.now = 180
    assert list(world.conditions.red()) == ["sources.activities"]


def test_a_read_that_requested_nothing_is_no_success(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource()
    world = World(tmp_path, source)
    worlds.append(world)
    source.silent = True
    for now in (0, 30, 60, 90):
        world.now = now
        assert world.collector.read_once() == source.poll
    assert "requested nothing" in world.conditions.red()["sources.activities"]
    assert not world.collector.caught_up.is_set()
    source.silent = False
    world.collector.read_once()
    assert world.conditions.red() == {}
    assert world.collector.caught_up.is_set()


def test_windows_completed_on_the_way_keep_a_long_read_ready_but_not_one_that_never_ends(
    tmp_path: Path, worlds: list[World]
) -> None:
    done = batch(1, checkpoint=1)
    fails: list[ScriptStep] = [done, done, Retry("HTTP 500 in the last window")]
    source = ScriptedSource([done, done, done], *[fails] * 9)
    world = World(tmp_path, source)
    worlds.append(world)
    source.before_each = lambda: setattr(world, "now", world.now + 40)
    red = []
    for _ in range(4):
        world.collector.read_once()
        red.append(list(world.conditions.red()))
    assert red == [[], [], ["sources.activities"], ["sources.activities"]]


def test_a_watermark_ahead_of_the_apis_time_is_red_until_the_time_has_come(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(1, checkpoint=1_600)], [], [])
    world = World(tmp_path, source)
    worlds.append(world)
    world.collector.read_once()
    assert "600 s ahead of the API's time" in world.conditions.red()["sources.activities.lag"]
    source.time_us = 1_597 * SECOND
    world.collector.read_once()
    assert world.conditions.red() == {}


def test_requests_that_led_to_nothing_are_paced(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(1), Retry("cut off")])
    world = World(tmp_path, source)
    worlds.append(world)
    source.requests_a_read = 100
    assert world.collector.read_once() == 100 / FAILED_REQUESTS_A_SECOND


def test_reading_the_same_again_is_no_progress(tmp_path: Path, worlds: list[World]) -> None:
    reads: list[list[ScriptStep]] = [[batch(number), Retry("cut off")] for number in range(1, 9)]
    source = ScriptedSource(*reads)
    world = World(tmp_path, source)
    worlds.append(world)
    before = world.collector.progress()
    seen = []
    for _ in range(8):
        world.collector.read_once()
        seen.append(world.collector.progress())
    assert seen == [seen[0]] * 8, "new rows on a page that was read before are no progress"
    assert seen[0] != before
    source.reads = [[batch(20, checkpoint=20)]]
    world.collector.read_once()
    assert world.collector.progress() != seen[0]


def test_a_watermark_that_only_moves_with_the_time_is_no_progress(tmp_path: Path, worlds: list[World]) -> None:
    fails: list[list[ScriptStep]] = [
        [batch(number, checkpoint=1_000 + 600 * number), Retry("the clocks disagree")] for number in range(5)
    ]
    source = ScriptedSource(*fails)
    world = World(tmp_path, source)
    worlds.append(world)
    seen = []
    for _ in range(5):
        source.time_us += 600 * SECOND
        world.collector.read_once()
        seen.append(world.collector.progress())
    assert seen == [seen[0]] * 5
    source.reads = [[batch(20, checkpoint=source.time_us // SECOND)]]
    world.collector.read_once()
    assert world.collector.progress() != seen[0], "it has caught up"


def test_retry_after_is_obeyed(tmp_path: Path, worlds: list[World]) -> None:
    world = World(tmp_path, ScriptedSource([Retry("HTTP 429", after=25)]))
    worlds.append(world)
    assert 24 < world.collector.read_once() <= 25


def test_pages_before_a_failure_are_kept(tmp_path: Path, worlds: list[World]) -> None:
    world = World(tmp_path, ScriptedSource([batch(1, 2), Retry("cut off")]))
    worlds.append(world)
    world.collector.read_once()
    assert world.store.backlog() == {"splunk": 2}
    assert world.store.checkpoint("activities") is None
    assert not world.collector.caught_up.is_set()


def test_a_full_store_pauses_reading_and_is_red_until_there_is_room(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(*range(50), checkpoint=50)], [batch(51, checkpoint=51)])
    world = World(tmp_path, source, max_bytes=500)
    worlds.append(world)
    world.collector.read_once()
    assert world.collector.read_once() == FULL_STORE_PAUSE
    assert source.read_count == 1
    assert list(world.conditions.red()) == ["store"]
    delivery = world.store.claim("splunk", ("activity",))
    assert delivery
    world.store.settle(delivery, 50, [], 0)
    world.collector.read_once()
    assert world.conditions.red() == {}
    assert world.store.backlog() == {"splunk": 1}


def test_a_store_that_fills_during_a_read_keeps_the_watermark(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(*range(50)), batch(51, checkpoint=51)])
    world = World(tmp_path, source, max_bytes=500)
    worlds.append(world)
    world.collector.read_once()
    assert world.store.checkpoint("activities") is None
    assert list(world.conditions.red()) == ["store"]
    assert world.store.backlog() == {"splunk": 50}


def test_records_later_than_the_overlap_turn_red_until_a_reconciliation_finds_none(
    tmp_path: Path, worlds: list[World]
) -> None:
    minutes = [180 * SECOND]
    source = ScriptedSource(
        [batch(1, late_us=minutes, reconciled=True)],
        [batch(2, late_us=minutes, beyond_overlap=1), batch(3, reconciled=True)],
        [batch(4, late_us=minutes)],
        [batch(5, reconciled=True)],
    )
    world = World(tmp_path, source)
    worlds.append(world)
    red = []
    for _ in range(4):
        world.collector.read_once()
        red.append(list(world.conditions.red()))
    assert red == [[], ["sources.activities.late"], ["sources.activities.late"], []]
    assert (world.collector.late_finds, world.collector.beyond_overlap) == (3, 1)
    assert world.metric('forwarder_late_find_seconds_count{source="activities"} 3.0')


def test_unknown_types_and_fields_are_counted_by_type(tmp_path: Path, worlds: list[World]) -> None:
    unmapped = batch(1, 2)
    unmapped.incoming[0].record.fields["type"] = "from_the_future"  # type: ignore[index]
    unmapped.incoming[1].record.fields["new_field"] = 1  # type: ignore[index]
    world = World(tmp_path, ScriptedSource([unmapped]))
    worlds.append(world)
    world.collector.read_once()
    assert world.metric('forwarder_unmapped_total{type="from_the_future"} 1.0')
    assert world.metric('forwarder_partial_total{type="claude_chat_created"} 1.0')
    assert world.collector.unmapped_types.statistics() == {
        "unknown_types": {"from_the_future": 1},
        "partly_known_types": {"claude_chat_created": 1},
    }


def test_the_number_of_unknown_types_reported_is_bounded(tmp_path: Path, worlds: list[World]) -> None:
    many = batch(*range(1, MAX_TYPES + 11))
    for number, incoming in enumerate(many.incoming):
        incoming.record.fields["type"] = f"unknown_{number}"  # type: ignore[index]
    world = World(tmp_path, ScriptedSource([many]))
    worlds.append(world)
    world.collector.read_once()
    assert world.metric('forwarder_unmapped_total{type="(others)"} 10.0')
    assert world.collector.unmapped_types.statistics()["unknown_types"]["(others)"] == 10
