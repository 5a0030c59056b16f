"""Dead letters in the store: what they know of an event, who may move them, and how long they stay."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from forwarder.errors import Misconfigured
from forwarder.records import STREAMS, DeadLetter
from forwarder.store import Chunk, DeadLetterFilter, DeadLetters, Store
from tests.store.engines import Engine
from tests.store.pages import (
    SECOND,
    SOURCE,
    chunks,
    digest,
    known_numbers,
    letter,
    numbers_of,
    open_dead_letters,
    open_store,
    page,
)

HOUR_US = 3600 * SECOND


@pytest.fixture
def store(tmp_path: Path, engine: Engine) -> Iterator[Store]:
    """A store of two sinks, owned by this process."""
    with closing(open_store(tmp_path, engine=engine)) as opened:
        yield opened


@pytest.fixture
def beside(store: Store, tmp_path: Path, engine: Engine) -> Iterator[DeadLetters]:
    """Its dead letters, from beside."""
    with closing(open_dead_letters(tmp_path, engine)) as opened:
        yield opened


def refuse(store: Store, number: int, sink: str = "splunk", of: int = 5) -> None:
    """`sink` settles a usage chunk of so many events and refuses event `number`; the others take it whole."""
    (chunk,) = chunks(range(of), "usage")
    store.commit(page([])._replace(chunks=[chunk]), 0)
    for name in ("splunk", "archive"):
        delivery = store.claim(name, STREAMS)
        assert delivery
        refusal = DeadLetter(SOURCE, sink, "invalid", "why", f"uid-{number}", chunk.lines()[number])
        store.settle(delivery, of, [refusal] if name == sink else [], 7)
    assert store.bytes_waiting == 0


def event_of(beside: DeadLetters, number: int) -> Chunk:
    """The event of a dead letter."""
    (kept,) = beside.read([number])
    assert kept.event
    return kept.event


def deliverable(store: Store, sink: str) -> list[int]:
    """The events that `sink` would be sent next."""
    delivery = store.claim(sink, STREAMS)
    return numbers_of(delivery.chunk) if delivery else []


def test_a_dead_letter_of_a_sink_knows_the_event_as_it_stood_in_its_chunk(store: Store, beside: DeadLetters) -> None:
    refuse(store, 3)
    (whole,) = chunks(range(5), "usage")
    (alone,) = chunks([3], "usage")
    event = event_of(beside, 1)
    assert event == alone._replace(oldest_us=whole.oldest_us, newest_us=whole.newest_us)


def test_a_dead_letter_of_a_record_that_was_refused_has_no_event(store: Store, beside: DeadLetters) -> None:
    store.commit(page([], dead_letters=[letter(1)]), 9)
    (kept,) = beside.read([1])
    assert (kept.id, kept.at_us, kept.dead_letter, kept.event) == (1, 9, letter(1), None)


def test_an_event_without_a_record_behind_it_is_sent_again_too(store: Store, beside: DeadLetters) -> None:
    """The forwarder's own reports are such."""
    (chunk,) = [made._replace(source="forwarder", digests=b"") for made in chunks([3])]
    store.commit(page([])._replace(chunks=[chunk]), 0)
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    store.settle(delivery, 1, [DeadLetter("forwarder", "splunk", "invalid", "why", "uid-3", chunk.bodies)], 7)
    assert event_of(beside, 1) == chunk
    beside.requeue(1, chunk, ["splunk"])
    assert deliverable(store, "splunk") == [3]


def test_what_is_requeued_waits_for_the_sink_that_refused_it_alone(store: Store, beside: DeadLetters) -> None:
    refuse(store, 3)
    assert beside.requeue(1, event_of(beside, 1), ["splunk"])
    assert deliverable(store, "splunk") == [3]
    assert deliverable(store, "archive") == []
    assert beside.chosen(DeadLetterFilter()) == []
    assert store.backlog() == {"splunk": 1, "archive": 0}


def test_an_event_that_is_refused_again_is_a_dead_letter_again(store: Store, beside: DeadLetters) -> None:
    refuse(store, 3)
    event = event_of(beside, 1)
    beside.requeue(1, event, ["splunk"])
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    store.settle(delivery, 1, [DeadLetter(SOURCE, "splunk", "invalid", "still", "uid-3", event.bodies)], 8)
    assert [(kept.dead_letter.detail, kept.event) for kept in beside.read(beside.chosen(DeadLetterFilter()))] == [
        ("still", event)
    ]


def test_the_bytes_of_what_another_process_requeued_are_counted(store: Store, beside: DeadLetters) -> None:
    refuse(store, 3)
    refuse(store, 4)
    for number in (1, 2):
        beside.requeue(number, event_of(beside, number), ["splunk"])
    store.commit(page(range(100, 103)), 0)
    while delivery := store.claim("splunk", STREAMS):
        store.settle(delivery, delivery.end, [], 0)
    while delivery := store.claim("archive", STREAMS):
        store.settle(delivery, delivery.end, [], 0)
    assert store.bytes_waiting == 0


def test_a_dead_letter_is_requeued_once_however_many_try(
    store: Store, beside: DeadLetters, tmp_path: Path, engine: Engine
) -> None:
    refuse(store, 3)
    event = event_of(beside, 1)
    with closing(open_dead_letters(tmp_path, engine)) as other:
        assert other.requeue(1, event, ["splunk"])
    assert beside.requeue(1, event, ["splunk"]) is None
    assert beside.requeue(1, event, ["splunk", "archive"], unless_known=True) is None
    assert not beside.drop(1)
    assert store.backlog() == {"splunk": 1, "archive": 0}


def test_an_admitted_record_waits_for_every_sink_and_is_known(store: Store, beside: DeadLetters) -> None:
    store.commit(page([], dead_letters=[letter(1)]), 0)
    (chunk,) = chunks([42])
    assert beside.requeue(1, chunk, ["splunk", "archive"], unless_known=True)
    assert deliverable(store, "splunk") == deliverable(store, "archive") == [42]
    assert known_numbers(store, [42]) == {42}


def test_an_admitted_record_that_was_read_again_since_is_not_sent_twice(store: Store, beside: DeadLetters) -> None:
    store.commit(page([42], dead_letters=[letter(1)]), 0)
    (chunk,) = chunks([42])
    assert beside.requeue(1, chunk, ["splunk", "archive"], unless_known=True) is None
    assert beside.chosen(DeadLetterFilter()) == []
    assert store.backlog() == {"splunk": 1, "archive": 1}


def test_what_was_requeued_and_is_damaged_then_is_read_again(
    store: Store, beside: DeadLetters, tmp_path: Path, engine: Engine
) -> None:
    refuse(store, 3)
    chunk_id = beside.requeue(1, event_of(beside, 1), ["splunk"])
    assert chunk_id
    engine.damage(tmp_path, chunk_id)
    assert store.claim("splunk", STREAMS) is None
    ((_, oldest_us, newest_us),) = store.rereads(SOURCE)
    assert oldest_us <= 3 * SECOND <= newest_us
    assert known_numbers(store, range(5)) == {0, 1, 2, 4}
    assert digest(3) not in store.known(SOURCE, 0, HOUR_US)


def test_a_dropped_record_is_no_dead_letter_again_when_it_is_read_again(store: Store, beside: DeadLetters) -> None:
    store.commit(page([], dead_letters=[letter(1), letter(2)]), 0)
    assert beside.drop(1)
    store.commit(page([], dead_letters=[letter(1), letter(2)]), 0)
    assert beside.chosen(DeadLetterFilter()) == [2]


def test_a_dropped_event_that_a_sink_refuses_once_more_is_a_dead_letter(store: Store, beside: DeadLetters) -> None:
    refuse(store, 3)
    assert beside.drop(1)
    refuse(store, 3)
    assert [kept.dead_letter.uid for kept in beside.read(beside.chosen(DeadLetterFilter()))] == ["uid-3"]


def test_dead_letters_are_chosen_by_id_sink_source_and_reason(store: Store, beside: DeadLetters) -> None:
    others = [
        DeadLetter("usage", "source", "no-time", "why", None, b"{}"),
        DeadLetter(SOURCE, "splunk", "no-time", "", None, b"{}"),
    ]
    store.commit(page([], dead_letters=[letter(1), *others]), 0)
    assert beside.chosen(DeadLetterFilter()) == [1, 2, 3]
    assert beside.chosen(DeadLetterFilter((3, 1))) == [1, 3]
    assert beside.chosen(DeadLetterFilter(sink="splunk")) == [3]
    assert beside.chosen(DeadLetterFilter(source="usage")) == [2]
    assert beside.chosen(DeadLetterFilter(source=SOURCE, reason="no-time")) == [3]
    with pytest.raises(Misconfigured, match="there is no dead letter 7, 9; nothing was done"):
        beside.chosen(DeadLetterFilter((9, 1, 7)))


def test_an_id_that_no_encoding_has_is_kept_with_its_dead_letter(store: Store, beside: DeadLetters) -> None:
    store.commit(page([], dead_letters=[letter(1)._replace(uid="activity_\ud800")]), 0)
    (kept,) = beside.read([1])
    assert kept.dead_letter.uid == "activity_?"


def test_a_dead_letter_exactly_as_old_as_the_limit_stays_and_the_dropped_are_counted_in_the_log(store: Store) -> None:
    for number in range(4):
        store.commit(page([], dead_letters=[letter(number)]), number)
    with capture_logs() as logs:
        assert store.drop_dead_letters(2) == 2
        assert store.drop_dead_letters(2) == 0
    assert [kept.body for kept in store.dead_letters()] == [b'{"letter":2}', b'{"letter":3}']
    assert [(line["log_level"], line["dead_letters"]) for line in logs] == [("info", 2)]
