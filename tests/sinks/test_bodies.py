"""The loop that all HTTP sinks share, against destinations that refuse, fail and limit bodies."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.records import DeadLetter, Stream
from forwarder.sinks.base import MAX_REFUSALS, SMALL, TOO_LARGE, BodySender, Verdict
from tests.sinks.deliveries import chunk, delivery


class Destination:
    """Takes good events in order, refuses poison (by number or not) and large bodies, and is busy now and then."""

    def __init__(self, poison: set[int], *, numbered: bool, largest: int, busy: dict[int, int]) -> None:
        self.poison, self.numbered, self.largest, self.busy = poison, numbered, largest, busy
        self.taken: list[int] = []
        self.requests = 0

    def send(self, stream: Stream, parts: Sequence[bytes]) -> Verdict:
        """One request."""
        self.requests += 1
        numbers = [int(part.split(b":")[0]) for part in parts]
        if sum(map(len, parts)) > self.largest:
            return Verdict(0, Reject("too-big", "413"), named=False)
        bad = next((at for at, number in enumerate(numbers) if number in self.poison), None)
        if self.requests in self.busy:
            before = min(self.busy[self.requests], len(parts) if bad is None else bad)
            return self._take(numbers[:before], Verdict(before, problem=Retry("busy"), sent_bytes=1))
        if bad is None:
            return self._take(numbers, Verdict(len(parts), sent_bytes=1))
        if not self.numbered:
            return Verdict(0, Reject("invalid", "no number"), named=False)
        return self._take(numbers[:bad], Verdict(bad, Reject("invalid", "numbered"), sent_bytes=1))

    def _take(self, numbers: list[int], verdict: Verdict) -> Verdict:
        self.taken += numbers
        return verdict


class Walk:
    """A chunk of `parts` on its way through the loop, as the store follows it: a dead letter an event."""

    def __init__(self, parts: Sequence[bytes], limit: int = 10**6) -> None:
        self.parts = parts
        self.todo = delivery(chunk(len(parts)))
        self.dead_letters: list[DeadLetter] = []
        self.sent_bytes = 0
        self._bodies = BodySender("splunk", limit)

    def go(self, destination: Destination) -> None:
        """Deliver what is left. Raises as the loop does."""
        for settled in self._bodies.deliver(self.todo, lambda _: list(self.parts), destination.send):
            assert 0 <= len(settled.dead_letters) <= settled.position - self.todo.position
            refused = self.todo.refused + len(settled.dead_letters)
            self.todo = self.todo._replace(position=settled.position, refused=refused)
            self.dead_letters += settled.dead_letters
            self.sent_bytes += settled.sent_bytes


def test_a_small_event_is_never_refused_as_too_large() -> None:
    def refuse(stream: Stream, parts: Sequence[bytes]) -> Verdict:
        return Verdict(0, Reject(TOO_LARGE, "413"), named=False)

    small, large = delivery(chunk(1)), delivery(chunk(1))
    with pytest.raises(Retry, match="an event of 4 bytes is refused as too large"):
        list(BodySender("splunk", 10**6).deliver(small, lambda _: [b"tiny"], refuse))
    ((position, dead_letters, *_),) = BodySender("splunk", 10**6).deliver(large, lambda _: [b"x" * SMALL], refuse)
    assert (position, [letter.reason for letter in dead_letters]) == (1, [TOO_LARGE])


SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=40)


@given(SIZES, st.sets(st.integers(0, 39)), st.booleans(), st.integers(20, 4000), st.integers(20, 4000), st.data())
def test_every_event_is_settled_once_in_order_and_what_was_taken_is_never_sent_again(
    sizes: list[int], poison: set[int], numbered: bool, largest: int, limit: int, data: st.DataObject
) -> None:
    busy = data.draw(st.dictionaries(st.integers(1, 60), st.integers(0, 40), max_size=10))
    parts = [b"%d:" % number + b"x" * size for number, size in enumerate(sizes)]
    destination = Destination(poison, numbered=numbered, largest=largest, busy=busy)
    walk, wrong = Walk(parts, limit), False
    while walk.todo.position < len(parts) and not wrong:
        try:
            walk.go(destination)
        except Retry:
            continue
        except Misconfigured:
            wrong = True
    refused = {n for n, part in enumerate(parts) if n in poison or len(part) > largest}
    settled = range(walk.todo.position)
    assert destination.taken == [n for n in settled if n not in refused]
    assert [letter.uid for letter in walk.dead_letters] == [f"uid-{n}" for n in settled if n in refused]
    assert walk.sent_bytes <= destination.requests
    assert wrong == (len(refused) > MAX_REFUSALS)


@given(SIZES, st.integers(20, 300))
def test_a_body_is_within_the_limit_or_one_event(sizes: list[int], limit: int) -> None:
    parts = [b"x" * size for size in sizes]
    sent: list[Sequence[bytes]] = []

    def send(stream: Stream, body: Sequence[bytes]) -> Verdict:
        sent.append(body)
        return Verdict(len(body))

    for _ in BodySender("splunk", limit).deliver(delivery(chunk(len(parts))), lambda _: parts, send):
        pass
    assert [part for body in sent for part in body] == parts
    assert all(len(body) == 1 or sum(map(len, body)) + len(body) <= limit for body in sent)


@pytest.mark.parametrize("numbered", [True, False])
def test_a_destination_that_refuses_every_event_is_misconfigured_and_its_events_are_kept(numbered: bool) -> None:
    destination = Destination(set(range(400)), numbered=numbered, largest=10**6, busy={})
    walk = Walk([b"%d:" % n for n in range(400)])
    for _ in range(3):
        with pytest.raises(Misconfigured, match="everything is kept"):
            walk.go(destination)
    assert len(walk.dead_letters) == walk.todo.position == MAX_REFUSALS


def test_a_destination_that_was_fixed_takes_the_rest() -> None:
    destination = Destination(set(range(400)), numbered=True, largest=10**6, busy={})
    walk = Walk([b"%d:" % n for n in range(400)])
    with pytest.raises(Misconfigured):
        walk.go(destination)
    destination.poison = set()
    walk.go(destination)
    assert walk.todo.position == 400
    assert destination.taken == list(range(MAX_REFUSALS, 400))


def test_a_hundredth_of_a_large_chunk_may_be_poison() -> None:
    destination = Destination(set(range(50, 4000, 100)), numbered=True, largest=10**6, busy={})
    walk = Walk([b"%d:" % n for n in range(4000)])
    walk.go(destination)
    assert len(walk.dead_letters) == 40
    assert len(destination.taken) == 3960
