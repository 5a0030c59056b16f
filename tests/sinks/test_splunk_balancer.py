"""Several indexers behind one load balancer: delivery and acknowledgements, by the real sink, store and workers."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from forwarder.pipeline.delivery_workers import DeliveryWorkers
from forwarder.simulator.balancer import COOKIE, Balancer
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.sinks.splunk import SplunkSettings, SplunkSink
from forwarder.status import Conditions, Metrics
from forwarder.store import PageCommit, Store, open_store
from tests.sinks.deliveries import chunk_of

EVENTS_A_BODY = 25
OWN_COOKIE = re.compile(rf"{COOKIE}=\d+/\d\+x==")
WITHIN = 60.0
"""Seconds to wait for anything; long, so that tests pass on a slow machine."""


class Cluster:
    """Indexers and a store that delivers to the address in `url`."""

    def __init__(self, folder: Path, nodes: list[HecServer]) -> None:
        self.folder = folder
        self.nodes = nodes
        self.url = nodes[0].url
        self.conditions, self.metrics = Conditions(), Metrics()
        self._numbers = 0

    def store(self) -> Store:
        """The store, opened."""
        return open_store(f"sqlite:///{self.folder / 'store.db'}", ["splunk"], 2**40)

    def fill(self, store: Store, bodies: int) -> None:
        """Put events into the store that take so many bodies."""
        for _ in range(bodies):
            numbers = range(self._numbers, self._numbers + EVENTS_A_BODY)
            self._numbers += EVENTS_A_BODY
            store.commit(PageCommit("activities", [chunk_of({number: {} for number in numbers})]), 0)

    @contextmanager
    def delivery(self, store: Store, **settings: Any) -> Iterator[DeliveryWorkers]:
        """Workers that deliver, as a new process has them."""
        known = {"url": self.url, "token": HEC_TOKEN, "ack_timeout": "1h", **settings}
        sink = SplunkSink("splunk", SplunkSettings.model_validate(known))
        workers = DeliveryWorkers([sink], store, self.conditions, self.metrics)
        with workers.running():
            yield workers

    def arrived(self) -> Counter[str]:
        """How often each event is held, by all indexers."""
        return sum((Counter(node.uids()) for node in self.nodes), Counter[str]())

    def everything(self) -> Counter[str]:
        """Each event once."""
        return Counter(f"uid-{number}" for number in range(self._numbers))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Starts indexers."""
    with ExitStack() as stack:

        def start(count: int, **options: Any) -> Cluster:
            return Cluster(tmp_path, [stack.enter_context(HecServer(**options)) for _ in range(count)])

        yield start


def until(what: str, done: Callable[[], bool]) -> None:
    """Wait for `done`."""
    deadline = time.monotonic() + WITHIN
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def is_delivered(store: Store) -> bool:
    """Whether nothing waits."""
    return not any(store.backlog().values())


# Cookies


def test_acknowledgements_behind_a_balancer_that_pins_by_cookie_need_no_second_sending(
    cluster: Callable[..., Cluster],
) -> None:
    world = cluster(4, use_ack=True, ack_delay=0.2)
    with Balancer(world.nodes, sticky="cookie") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 60)
        with world.delivery(store):
            until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived() == world.everything(), "each event once, although the timeout is an hour away"
    assert store_is_green(world)
    assert all(OWN_COOKIE.fullmatch(cookie) for cookie in balancer.cookies if cookie)
    assert balancer.cookies.count("") == len(balancer.channels), "one request a channel without a cookie: its first"


def store_is_green(world: Cluster) -> bool:
    """No condition, and nothing unacknowledged."""
    return not world.conditions.red() and b'unacknowledged_events_total{sink="splunk"}' not in world.metrics.text()


def test_another_process_asks_with_the_cookies_of_the_channel(cluster: Callable[..., Cluster]) -> None:
    world = cluster(4, use_ack=True, ack_delay=10_000)
    with Balancer(world.nodes, sticky="cookie") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 12)
        with world.delivery(store):
            until("all is taken", lambda: sum(row.events for row in store.pending_acks("splunk")) == 300)
        for node in world.nodes:
            assert node.acks is not None
            node.acks.acknowledge_now()
        with world.delivery(store):
            until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived() == world.everything()


# Acknowledgement numbers


def restart_and_lose_what_is_not_indexed(indexer: HecServer) -> None:
    """The indexer crashes and begins its numbers anew; this forgets, too, what was indexed before."""
    assert indexer.acks is not None
    indexer.acks.restart()
    indexer.acks.delay = 0.0
    indexer.delivered.clear()


def open_channels(world: Cluster, store: Store) -> Counter[str]:
    """Let each thread have a channel of which the first number is acknowledged. What is indexed then."""
    (indexer,) = world.nodes
    assert indexer.acks is not None
    world.fill(store, 8)
    until("channels are open", lambda: is_delivered(store))
    indexer.acks.delay = 10_000
    return world.arrived()


def fill_and_wait_until_taken(world: Cluster, store: Store, bodies: int) -> None:
    """Put events into the store and wait until only their acknowledgements are missing."""
    world.fill(store, bodies)
    until("all is taken", lambda: sum(row.events for row in store.pending_acks("splunk")) == bodies * EVENTS_A_BODY)


def test_a_number_that_a_restarted_indexer_promises_again_confirms_only_what_it_holds(
    cluster: Callable[..., Cluster],
) -> None:
    world = cluster(1, use_ack=True)
    # The timeout is for a channel on which nothing is sent any more.
    with closing(world.store()) as store, world.delivery(store, ack_timeout="3s"):
        indexed = open_channels(world, store)
        fill_and_wait_until_taken(world, store, 8)
        assert any(row.ack > 0 for row in store.pending_acks("splunk"))
        restart_and_lose_what_is_not_indexed(world.nodes[0])
        world.fill(store, 8)
        until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived().keys() | indexed.keys() == world.everything().keys(), "nothing is confirmed that is gone"


@pytest.mark.parametrize("opened", [False, True])
def test_a_body_whose_answer_no_process_got_confirms_none_of_its_channel(
    opened: bool, cluster: Callable[..., Cluster]
) -> None:
    """The indexer crashes, and gives the number of an earlier body to the last one that a process sent."""
    world = cluster(1, use_ack=True, ack_delay=10_000)
    (indexer,) = world.nodes
    assert indexer.acks is not None
    with closing(world.store()) as store:
        with world.delivery(store):
            if opened:
                indexer.acks.delay = 0
            indexed = open_channels(world, store) if opened else Counter[str]()
            fill_and_wait_until_taken(world, store, 4)
            restart_and_lose_what_is_not_indexed(indexer)
            indexer.fault("answer-lost", path="/services/collector/event", times=None)
            world.fill(store, 8)
            until("an answer is lost", lambda: len(world.arrived()) >= EVENTS_A_BODY)
        indexer.faults.clear()
        with world.delivery(store, ack_timeout="2s"):
            until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived().keys() | indexed.keys() == world.everything().keys()


def test_an_outage_in_which_nothing_could_be_sent_costs_no_promise(cluster: Callable[..., Cluster]) -> None:
    world = cluster(1, use_ack=True, ack_delay=10_000)
    (indexer,) = world.nodes
    assert indexer.acks is not None
    with closing(world.store()) as store:
        world.fill(store, 8)
        with world.delivery(store):
            until("all is taken", lambda: len(store.pending_acks("splunk")) == 8)
            indexer.stop()
            world.fill(store, 8)
            until("the outage is noticed", lambda: b'kind="retry",subject="sinks.splunk"' in world.metrics.text())
            indexer.start()
            indexer.acks.acknowledge_now()
            until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived() == world.everything(), "each event once"


def test_numbers_of_indexers_that_a_balancer_mixes_up_confirm_nothing_that_is_not_indexed(
    cluster: Callable[..., Cluster],
) -> None:
    """No stickiness at all: each request may reach another indexer, and each counts from 0."""
    world = cluster(2, use_ack=True, ack_delay=0.05)
    loses = world.nodes[1]
    assert loses.acks is not None
    loses.acks.delay = 10_000
    with Balancer(world.nodes, sticky="connection") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 20)
        with world.delivery(store, ack_timeout="2s"):
            until("each is confirmed or given up", lambda: is_delivered(store))
        given_up = {letter.uid for letter in store.dead_letters()}
        held = world.nodes[0].uids()
    assert world.everything().keys() - given_up <= held.keys()


# One node that is full


@pytest.mark.parametrize("retry_after", [None, 2])
def test_one_full_node_of_three_costs_a_few_attempts_and_stops_no_other(
    cluster: Callable[..., Cluster], retry_after: int | None
) -> None:
    world = cluster(3)
    full = world.nodes[0]
    full.fault("busy", times=None, **({} if retry_after is None else {"retry_after": retry_after}))
    with Balancer(world.nodes, sticky="connection") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 120)
        with world.delivery(store):
            until("all is delivered", lambda: is_delivered(store))
    assert world.arrived() == world.everything()
    assert balancer.requests[0] <= 12, "a connection to the full node is given up"
    assert balancer.requests[1] + balancer.requests[2] == 120
    assert world.conditions.red() == {}


def test_one_full_node_that_a_cookie_holds_on_to_is_left_with_its_cookie(cluster: Callable[..., Cluster]) -> None:
    world = cluster(3, use_ack=True)
    world.nodes[0].fault("busy", times=None)
    with Balancer(world.nodes, sticky="cookie") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 60)
        with world.delivery(store):
            until("all is acknowledged", lambda: is_delivered(store))
    assert world.arrived() == world.everything()
    assert balancer.requests[0] <= 12


def test_no_more_than_four_connections_are_used_for_bodies_and_acknowledgements(
    cluster: Callable[..., Cluster],
) -> None:
    world = cluster(1, use_ack=True, ack_delay=0.1)
    with Balancer(world.nodes, sticky="connection") as balancer, closing(world.store()) as store:
        world.url = balancer.url
        world.fill(store, 60)
        with world.delivery(store):
            until("all is acknowledged", lambda: is_delivered(store))
        assert len(balancer.connections) <= 4
