"""One source, read again and again: what each failure means for the next read and for readiness."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.errors import AccessRefused, Misconfigured, Retry
from forwarder.pipeline.collector import FULL_STORE, Collector
from forwarder.pipeline.unmapped_types import MOST
from forwarder.status import Conditions, Metrics
from forwarder.store import Store
from tests.pipeline.doubles import SECOND, ScriptedSource, batch, refused, store


class World:
    """A collector with a clock that only the test moves."""

    def __init__(self, folder: Path, source: ScriptedSource, max_bytes: int = 2**40) -> None:
        self.now = 0.0
        self.source, self.metrics, self.stop = source, Metrics(), threading.Event()
        self.conditions = Conditions(lambda: self.now)
        self.store: Store = store(folder, max_bytes=max_bytes)
        self.woken = 0
        self.collector = Collector(source, self.store, self.conditions, self.metrics, self.stop, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def metric(self, line: str) -> bool:
        """Whether the metrics have this line."""
        return line in self.metrics.text().decode().splitlines()


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[World]]:
    """Worlds to be closed."""
    made: list[World] = []
    yield made
    for world in made:
        world.store.close()


def test_a_good_read_is_in_the_store_counted_and_followed_by_the_poll(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(1, 2), batch(3, checkpoint=3, dead_letters=[refused(1)], read=9)])
    world = World(tmp_path, source)
    worlds.append(world)
    assert not world.collector.caught_up.is_set()
    assert world.collector.read_once() == source.poll
    assert world.collector.caught_up.is_set()
    assert world.store.backlog() == {"splunk": 3}
    assert (world.collector.records, world.woken) == (3, 2)
    assert world.metric('forwarder_read_records_total{source="activities"} 11.0')
    assert world.metric('forwarder_refused_records_total{by="source",reason="no-id"} 1.0')
    assert world.conditions.red() == {}


def test_a_refused_key_is_red_at_once_and_tried_when_the_secret_changes(tmp_path: Path, worlds: list[World]) -> None:
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


def test_an_unreadable_secret_is_the_sources_trouble_only(tmp_path: Path, worlds: list[World]) -> None:
    world = World(tmp_path, ScriptedSource([Misconfigured("anthropic.compliance_key_file: is empty")]))
    worlds.append(world)
    world.stop.set()
    assert world.collector.read_once() == 0
    assert list(world.conditions.red()) == ["sources.activities"]


def test_silence_is_red_only_beyond_three_polls(tmp_path: Path, worlds: list[World]) -> None:
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


def test_a_wish_to_wait_is_obeyed(tmp_path: Path, worlds: list[World]) -> None:
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
    assert world.collector.read_once() == FULL_STORE
    assert source.asked == 1
    assert list(world.conditions.red()) == ["store"]
    delivery = world.store.claim("splunk", ("activity",))
    assert delivery
    world.store.settle(delivery, 50, [], 0)
    world.collector.read_once()
    assert world.conditions.red() == {}
    assert world.store.backlog() == {"splunk": 1}


def test_a_store_that_fills_within_a_read_keeps_the_mark_back(tmp_path: Path, worlds: list[World]) -> None:
    source = ScriptedSource([batch(*range(50)), batch(51, checkpoint=51)])
    world = World(tmp_path, source, max_bytes=500)
    worlds.append(world)
    world.collector.read_once()
    assert world.store.checkpoint("activities") is None
    assert list(world.conditions.red()) == ["store"]
    assert world.store.backlog() == {"splunk": 50}


def test_only_what_no_overlap_could_find_turns_red_and_a_clean_reconciliation_clears_it(
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
    seen = []
    for _ in range(4):
        world.collector.read_once()
        seen.append(list(world.conditions.red()))
    assert seen == [[], ["sources.activities.late"], ["sources.activities.late"], []]
    assert (world.collector.late_finds, world.collector.beyond_overlap) == (3, 1)
    assert world.metric('forwarder_late_find_seconds_count{source="activities"} 3.0')


def test_unknown_types_and_parts_are_counted_by_type(tmp_path: Path, worlds: list[World]) -> None:
    odd = batch(1, 2)
    odd.incoming[0].record.fields["type"] = "from_the_future"  # type: ignore[index]
    odd.incoming[1].record.fields["new_field"] = 1  # type: ignore[index]
    world = World(tmp_path, ScriptedSource([odd]))
    worlds.append(world)
    world.collector.read_once()
    assert world.metric('forwarder_unmapped_total{type="from_the_future"} 1.0')
    assert world.metric('forwarder_partial_total{type="claude_chat_created"} 1.0')
    assert world.collector.unmapped_types.figures() == {
        "unknown_types": {"from_the_future": 1},
        "partly_known_types": {"claude_chat_created": 1},
    }


def test_names_of_unknown_types_are_bounded_whatever_comes(tmp_path: Path, worlds: list[World]) -> None:
    many = batch(*range(1, MOST + 11))
    for number, incoming in enumerate(many.incoming):
        incoming.record.fields["type"] = f"odd_{number}"  # type: ignore[index]
    world = World(tmp_path, ScriptedSource([many]))
    worlds.append(world)
    world.collector.read_once()
    assert world.metric('forwarder_unmapped_total{type="(others)"} 10.0')
    assert world.collector.unmapped_types.figures()["unknown_types"]["(others)"] == 10
