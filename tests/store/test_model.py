"""The store against a plain model of itself, through any order of commits, deliveries and restarts."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from forwarder.records import STREAMS, Stream
from forwarder.store import Chunk, Delivery, PageCommit, Store
from tests.store.engines import Engine
from tests.store.pages import SECOND, SOURCE, checkpoint, chunks, known_numbers, letter, numbers_of, open_store

SINKS = ("splunk", "archive")


class StoreMachine(RuleBasedStateMachine):
    """Model: a list of events and its settled part a sink, the checkpoints, the known ids, the dead letters."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store: Store = open_store(self.folder, *SINKS, engine=self.engine)
        self.serial = 0
        self.waiting: dict[str, list[int]] = {sink: [] for sink in SINKS}
        self.known: set[int] = set()
        self.dead_letters: set[tuple[str, int]] = set()
        self.watermark: int | None = None
        self.stream_of: dict[int, Stream] = {}

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(
        sizes=st.lists(st.tuples(st.sampled_from(STREAMS), st.integers(1, 5)), max_size=3),
        moves=st.booleans(),
        dead_letters=st.lists(st.integers(0, 5), max_size=2),
    )
    def commit_a_page(self, sizes: list[tuple[Stream, int]], moves: bool, dead_letters: list[int]) -> None:
        made: list[Chunk] = []
        for stream, size in sizes:
            numbers = range(self.serial, self.serial + size)
            made += chunks(numbers, stream)
            self.serial += size
            self.known |= set(numbers)
            self.stream_of |= dict.fromkeys(numbers, stream)
            for sink in SINKS:
                self.waiting[sink] += numbers
        moved_to = checkpoint(self.serial) if moves else None
        if moved_to:
            self.watermark = self.serial
        self.dead_letters |= {("source", n) for n in dead_letters}
        self.store.commit(PageCommit(SOURCE, made, [letter(n) for n in dead_letters], moved_to), 0)

    @rule(sink=st.sampled_from(SINKS), share=st.floats(0, 1), refuses=st.booleans())
    def deliver_a_part(self, sink: str, share: float, refuses: bool) -> None:
        delivery = self.store.claim(sink, STREAMS)
        if delivery is None:
            assert not self.waiting[sink]
            return
        rest = numbers_of(delivery.chunk)[delivery.position :]
        assert rest == self.waiting[sink][: len(rest)]
        steps = max(1, round(share * len(rest)))
        refused = [letter(rest[steps - 1], sink)] if refuses else []
        self.dead_letters |= {(sink, rest[steps - 1])} if refuses else set()
        self.store.settle(delivery, delivery.position + steps, refused, 0)
        self.store.release(delivery)
        del self.waiting[sink][:steps]

    @rule(sink=st.sampled_from(SINKS))
    def settle_in_two_steps(self, sink: str) -> None:
        delivery = self.store.claim(sink, STREAMS)
        if delivery is not None:
            rest = delivery.chunk.events - delivery.position
            delivery = self.store.settle(delivery, delivery.position + rest // 2, [], 0)
            if delivery.position < delivery.chunk.events:
                self.store.settle(delivery, delivery.chunk.events, [], 0)
            self.store.release(delivery)
            del self.waiting[sink][:rest]

    @rule(sink=st.sampled_from(SINKS), stream=st.sampled_from(STREAMS))
    def claim_all_of_one_stream(self, sink: str, stream: Stream) -> None:
        """Other streams and claimed chunks are passed over, the rest comes in order."""
        claimed: list[Delivery] = []
        found: list[int] = []
        while delivery := self.store.claim(sink, [stream]):
            claimed.append(delivery)
            found += numbers_of(delivery.chunk)[delivery.position :]
        for delivery in claimed:
            self.store.release(delivery)
        assert found == [number for number in self.waiting[sink] if self.stream_of[number] == stream]

    @rule()
    def restart(self) -> None:
        instance, generation = self.store.instance, self.store.lease.generation
        self.store.close()
        self.store = open_store(self.folder, *SINKS, engine=self.engine)
        assert self.store.instance == instance
        assert self.store.recovered is None
        assert self.store.lease.generation > generation

    @rule(before=st.integers(0, 40))
    def forget_old_ids(self, before: int) -> None:
        """Only ids that no window asks for may go; a page's ids go together, with its youngest."""
        self.store.forget_ids(SOURCE, before * SECOND)
        self.known = {n for n in self.known if n >= before} | known_numbers(self.store, range(before + 1))

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.store.backlog() == {sink: len(waiting) for sink, waiting in self.waiting.items()}
        assert known_numbers(self.store, range(self.serial + 1)) == self.known
        stored = self.store.checkpoint(SOURCE)
        assert (stored.watermark_us if stored else None) == (
            None if self.watermark is None else self.watermark * SECOND
        )
        assert (
            sum(self.store.count_dead_letters().values())
            == len(self.dead_letters)
            == len(list(self.store.dead_letters()))
        )
        assert (self.store.bytes_waiting == 0) == (not any(self.waiting.values()))


def test_the_store_agrees_with_its_model(engine: Engine) -> None:
    class OnThisEngine(StoreMachine):
        pass

    OnThisEngine.engine = engine
    run_state_machine_as_test(
        OnThisEngine,
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )
