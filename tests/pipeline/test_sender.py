"""How a sender handles outages and misconfigurations of its sink, and that other sinks are not affected."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, Retry
from forwarder.http_client import MAX_BACKOFF
from forwarder.pipeline.sender import Sender
from forwarder.pipeline.timing import Backoff
from forwarder.sinks import Settled
from forwarder.status import Conditions, Metrics
from forwarder.store import Delivery, PageCommit, Store
from tests.pipeline.doubles import ScriptedSink, store
from tests.store.pages import SOURCE, chunks, page


class World:
    """Senders in their threads on one store."""

    def __init__(self, folder: Path, *sinks: ScriptedSink) -> None:
        self.now = 0.0
        self.conditions = Conditions(lambda: self.now)
        self.metrics, self.stop = Metrics(), threading.Event()
        self.store: Store = store(folder, *[sink.name for sink in sinks])
        self.senders = [Sender(sink, self.store, self.conditions, self.metrics, self.stop) for sink in sinks]
        self.threads = [
            threading.Thread(target=sender.run) for sender in self.senders for _ in range(sender.sink.concurrency)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        """End the threads."""
        self.stop.set()
        for sender in self.senders:
            sender.wake()
        for thread in self.threads:
            if thread.ident:
                thread.join(timeout=5)
        self.store.close()


class NumberedSink(ScriptedSink):
    """Two requests at a time. The first waits for `may_go_on`; each calls `begin` with its number."""

    concurrency = 2

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self._requests = itertools.count(1)

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        number = next(self._requests)
        if number == 1:
            self.may_go_on.wait(5)
        self.begin(number)
        yield from super().deliver(delivery)

    def begin(self, number: int) -> None:
        """May raise."""


class OvertakenSink(NumberedSink):
    """The second request, sent while the first waits, is refused."""

    def begin(self, number: int) -> None:
        """See `NumberedSink.begin`."""
        if number == 2:
            raise Misconfigured("the index is refused")


class OvertakingSink(NumberedSink):
    """The second request brings a new secret and is taken; the first, sent before it, is refused after that."""

    def begin(self, number: int) -> None:
        """See `NumberedSink.begin`."""
        if number == 1:
            raise Misconfigured("the secret is wrong")
        self.version = 1


@pytest.fixture
def worlds() -> Iterator[list[World]]:
    """Worlds that are closed at the end of the test."""
    made: list[World] = []
    yield made
    for world in made:
        world.close()


def until(done: Callable[[], bool], seconds: float = 5.0) -> float:
    """Wait for `done`; returns the seconds it took."""
    started = time.monotonic()
    while not done():
        assert time.monotonic() - started < seconds, "timed out"
        time.sleep(0.01)
    return time.monotonic() - started


def uids(numbers: range) -> list[str]:
    """The uids of these events."""
    return [f"uid-{number}" for number in numbers]


def test_a_sink_that_is_down_delays_no_other_and_receives_everything_after_the_outage(
    tmp_path: Path, worlds: list[World]
) -> None:
    down, up = ScriptedSink(*[Retry("refused")] * 3), ScriptedSink(name="archive")
    world = World(tmp_path, down, up)
    worlds.append(world)
    for start in (0, 10, 20):
        world.store.commit(page(range(start, start + 10)), 0)
    world.start()
    until(lambda: len(up.taken) == 30)
    until(lambda: len(down.taken) == 30)
    assert down.taken == up.taken == uids(range(30))
    assert down.attempts == 6
    assert world.conditions.red() == {}
    until(lambda: world.store.backlog() == {"splunk": 0, "archive": 0})
    assert [sender.delivered for sender in world.senders] == [30, 30]
    text = world.metrics.text().decode()
    assert 'forwarder_delivered_events_total{sink="splunk"} 30.0' in text
    assert 'forwarder_sent_bytes_total{sink="splunk"} 30.0' in text
    assert 'forwarder_failures_total{kind="retry",subject="sinks.splunk"} 3.0' in text


def test_a_misconfigured_stream_stops_alone_and_is_red_until_the_secret_changes(
    tmp_path: Path, worlds: list[World]
) -> None:
    sink = ScriptedSink(Misconfigured("index claude_usage is refused"))
    world = World(tmp_path, sink)
    worlds.append(world)
    world.store.commit(PageCommit(SOURCE, chunks(range(3), "usage")), 0)
    world.start()
    until(lambda: bool(world.conditions.red()))
    assert world.conditions.red() == {"sinks.splunk.usage": "index claude_usage is refused"}
    world.store.commit(page(range(10, 13)), 0)
    until(lambda: sink.taken == uids(range(10, 13)))
    assert world.store.backlog() == {"splunk": 3}
    sink.version += 1
    until(lambda: world.store.backlog() == {"splunk": 0})
    until(lambda: world.conditions.red() == {})
    assert sink.attempts == 3


def test_a_confirmation_of_what_was_sent_before_a_failure_leaves_the_sink_red(
    tmp_path: Path, worlds: list[World]
) -> None:
    sink = OvertakenSink()
    world = World(tmp_path, sink)
    worlds.append(world)
    for start in (0, 10):
        world.store.commit(page(range(start, start + 10)), 0)
    world.start()
    until(lambda: bool(world.conditions.red()))
    sink.may_go_on.set()
    until(lambda: world.store.backlog() == {"splunk": 10})
    assert world.conditions.red() == {"sinks.splunk.activity": "the index is refused"}
    sink.version += 1
    until(lambda: world.store.backlog() == {"splunk": 0})
    until(lambda: world.conditions.red() == {})


class SilentSink(ScriptedSink):
    """Its requests have no answer until `may_confirm`."""

    concurrency = 2

    def __init__(self) -> None:
        super().__init__()
        self.may_confirm = threading.Event()

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        self.attempts += 1
        self.may_confirm.wait(10)
        yield from super().deliver(delivery)


def test_a_sink_that_does_not_answer_is_red_60_s_after_something_waits_for_it_by_time_alone(
    tmp_path: Path, worlds: list[World]
) -> None:
    sink = SilentSink()
    world = World(tmp_path, sink)
    worlds.append(world)
    world.start()
    world.now = 1000
    assert world.conditions.red() == {}, "nothing waits for it"
    for start in (0, 10):
        world.store.commit(page(range(start, start + 10)), 0)
    until(lambda: sink.attempts == 2)
    world.now = 1059
    assert world.conditions.red() == {}
    world.now = 1060
    assert "none was confirmed within 60 s" in world.conditions.red()["sinks.splunk"]
    sink.may_confirm.set()
    until(lambda: world.store.backlog() == {"splunk": 0})
    world.now = 9999
    until(lambda: world.conditions.red() == {})


def test_a_refusal_of_what_was_sent_before_the_secret_changed_says_nothing_of_the_new_one(
    tmp_path: Path, worlds: list[World]
) -> None:
    sink = OvertakingSink()
    world = World(tmp_path, sink)
    worlds.append(world)
    for start in (0, 10):
        world.store.commit(page(range(start, start + 10)), 0)
    world.start()
    until(lambda: world.senders[0]._credential == 1)
    sink.may_go_on.set()
    until(lambda: world.store.backlog() == {"splunk": 0})
    assert sorted(sink.taken) == sorted(uids(range(20)))


def test_the_backlog_is_sent_after_a_restart(tmp_path: Path, worlds: list[World]) -> None:
    before = store(tmp_path, "splunk")
    before.commit(page(range(10)), 0)
    delivery = before.claim("splunk", ("activity",))
    assert delivery
    before.settle(delivery, 4, [], 0)
    before.close()
    sink = ScriptedSink()
    world = World(tmp_path, sink)
    worlds.append(world)
    world.start()
    until(lambda: len(sink.taken) == 6)
    assert sink.taken == uids(range(4, 10))


def test_backoff_starts_short_grows_with_jitter_and_is_capped() -> None:
    for _ in range(20):
        backoff, waits = Backoff(), []
        for _ in range(12):
            backoff.back_off(None)
            waits.append(backoff.remaining())
        assert waits[0] <= 0.25
        assert max(waits) <= MAX_BACKOFF <= 4
        assert waits[-1] > 1


def test_retry_after_is_obeyed_and_a_success_ends_the_backoff() -> None:
    backoff = Backoff()
    assert backoff.remaining() == 0
    backoff.back_off(7)
    assert 6 < backoff.remaining() <= 7
    backoff.record_success(time.monotonic())
    assert backoff.remaining() == 0
    backoff.probe_later()
    assert 0 < backoff.remaining() <= 30


def test_a_success_that_started_before_a_failure_does_not_end_the_backoff() -> None:
    backoff, started = Backoff(), time.monotonic()
    time.sleep(0.01)
    backoff.back_off(5)
    backoff.record_success(started)
    assert backoff.remaining() > 4


class NodesSink(ScriptedSink):
    """Two connections at a time. A chunk that begins with one of the events in `pauses` meets a full node once."""

    concurrency = 2

    def __init__(self, pauses: dict[int, float]) -> None:
        super().__init__()
        self.pauses = pauses

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        if pause := self.pauses.pop(delivery.chunk.keys()[0].time_ms // 1000, None):
            raise Retry("this node is full", pause)
        yield from super().deliver(delivery)


def test_a_pause_that_a_node_asks_for_again_stops_only_the_thread_that_met_it(
    tmp_path: Path, worlds: list[World]
) -> None:
    """All make the first one. The second would take an hour."""
    world = World(tmp_path, sink := NodesSink({30: 0.2, 60: 3600}))
    worlds.append(world)
    for start in range(0, 100, 10):
        world.store.commit(page(range(start, start + 10)), 0)
    world.start()
    until(lambda: world.store.backlog() == {"splunk": 0}, 30)
    assert sorted(sink.taken) == sorted(uids(range(100)))
    assert world.conditions.red() == {}
