"""Events that were taken and wait for their acknowledgement, against a plain model, through any order and restarts."""

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from forwarder.errors import Reject
from forwarder.records import STREAMS
from forwarder.store import AckTicket, DeadLetterFilter, Delivery, PageCommit, Store
from tests.store.engines import Engine
from tests.store.pages import SOURCE, chunks, numbers_of, open_dead_letters, open_store

SINK = "splunk"
UNACKNOWLEDGED = Reject("unacknowledged", "accepted twice")


class PendingAcksMachine(RuleBasedStateMachine):
    """Model: events to be sent, events that wait for an acknowledgement by its number, events confirmed or given up."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store: Store = open_store(self.folder, SINK, engine=self.engine)
        self.serial = self.acks = 0
        self.to_send: set[int] = set()
        self.promised: dict[int, set[int]] = {}
        self.confirmed: set[int] = set()
        self.given_up: set[int] = set()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(size=st.integers(1, 6))
    def commit(self, size: int) -> None:
        numbers = range(self.serial, self.serial + size)
        self.store.commit(PageCommit(SOURCE, chunks(numbers)), 0)
        self.to_send |= set(numbers)
        self.serial += size

    @rule(share=st.floats(0, 1), promised=st.booleans())
    def send(self, share: float, promised: bool) -> None:
        """A body of the next delivery is taken, with or without the promise to acknowledge it."""
        delivery = self.store.claim(SINK, STREAMS)
        assert (delivery is None) == (not self.to_send)
        if delivery is None:
            return
        stop = delivery.position + max(1, round(share * (delivery.end - delivery.position)))
        sent = set(self._between(delivery, stop))
        assert sent <= self.to_send
        self.to_send -= sent
        if promised:
            self.acks += 1
            self.promised[self.acks] = sent
            self.store.settle(delivery, stop, [], 0, AckTicket("channel", self.acks))
        else:
            self.confirmed |= sent
            self.store.settle(delivery, stop, [], 0)
        self.store.release(delivery)

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        rows = {row.ack: row for row in self.store.pending_acks(SINK)}
        came = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
        self.store.acknowledge(SINK, [rows[ack].id for ack in came])
        for ack in came:
            self.confirmed |= self.promised.pop(ack)

    @rule(data=st.data())
    def promises_are_forgotten(self, data: st.DataObject) -> None:
        rows = {row.ack: row for row in self.store.pending_acks(SINK)}
        lost = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
        self.store.send_again([rows[ack].id for ack in lost])
        for ack in lost:
            self.to_send |= self.promised.pop(ack)

    @rule(data=st.data())
    def promises_are_given_up(self, data: st.DataObject) -> None:
        rows = {row.ack: row for row in self.store.pending_acks(SINK)}
        for ack in data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else ():
            assert self.store.give_up(SINK, rows[ack].id, UNACKNOWLEDGED, 0) == rows[ack].events
            assert self.store.give_up(SINK, rows[ack].id, UNACKNOWLEDGED, 0) == 0
            self.given_up |= self.promised.pop(ack)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_store(self.folder, SINK, engine=self.engine)

    @invariant()
    def agrees_with_the_model(self) -> None:
        waiting = self.to_send.union(*self.promised.values())
        assert self.store.backlog() == {SINK: len(waiting)}
        pending = {row.ack: row.events for row in self.store.pending_acks(SINK)}
        assert pending == {ack: len(events) for ack, events in self.promised.items()}
        assert waiting | self.confirmed | self.given_up == set(range(self.serial))
        with closing(open_dead_letters(self.folder, self.engine)) as beside:
            kept = list(beside.read(beside.chosen(DeadLetterFilter(sink=SINK, reason=UNACKNOWLEDGED.reason))))
        events = {numbers_of(each.event)[0]: each.event[5:] for each in kept if each.event}
        assert events == {number: chunks([number])[0][5:] for number in self.given_up}, "each can be sent as it was"
        assert (self.store.bytes_waiting == 0) == (not waiting)

    def _between(self, delivery: Delivery, stop: int) -> list[int]:
        return numbers_of(delivery.chunk)[delivery.position : stop]


def test_pending_acknowledgements_agree_with_their_model(engine: Engine) -> None:
    class OnThisEngine(PendingAcksMachine):
        pass

    OnThisEngine.engine = engine
    run_state_machine_as_test(
        OnThisEngine,
        settings=settings(max_examples=60, stateful_step_count=30, deadline=None),
    )
