"""Dead letters in the store: what they know of an event, who may move them, and how long they stay."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS, DeadLetter
from forwarder.store import Chunk, SqliteStore, StoreLock
from forwarder.store.dead_letters import Choice
from forwarder.store.letter_box import LetterBox
from tests.store.disk import damage, files_of_at_most
from tests.store.pages import SECOND, SOURCE, chunks, digest, known_numbers, letter, numbers_of, open_store, page

HOUR_US = 3600 * SECOND


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store of two sinks, owned by this process."""
    with closing(open_store(tmp_path)) as opened:
        yield opened


@pytest.fixture
def box(store: SqliteStore, tmp_path: Path) -> Iterator[LetterBox]:
    """Its letters, from beside."""
    with closing(LetterBox(tmp_path / "store.db")) as opened:
        yield opened


def refuse(store: SqliteStore, number: int, sink: str = "splunk", of: int = 5) -> None:
    """`sink` settles a usage chunk of so many events and refuses event `number`; the others take it whole."""
    (chunk,) = chunks(range(of), "usage")
    store.commit(page([])._replace(chunks=[chunk]), 0)
    for name in ("splunk", "archive"):
        delivery = store.next_delivery(name, (), STREAMS)
        assert delivery
        refusal = DeadLetter(SOURCE, sink, "invalid", "why", f"uid-{number}", chunk.lines()[number])
        store.settle(delivery, of, [refusal] if name == sink else [], 7)
    assert store.bytes_waiting == 0


def event_of(box: LetterBox, number: int) -> Chunk:
    """The event of a letter."""
    (kept,) = box.read([number])
    assert kept.event
    return kept.event


def deliverable(store: SqliteStore, sink: str) -> list[int]:
    """The events that `sink` would be sent next."""
    delivery = store.next_delivery(sink, (), STREAMS)
    return numbers_of(delivery.chunk) if delivery else []


def test_a_letter_of_a_sink_knows_the_event_as_it_stood_in_its_chunk(store: SqliteStore, box: LetterBox) -> None:
    refuse(store, 3)
    (whole,) = chunks(range(5), "usage")
    (alone,) = chunks([3], "usage")
    event = event_of(box, 1)
    assert event == alone._replace(oldest_us=whole.oldest_us, newest_us=whole.newest_us)


def test_a_letter_of_a_record_that_was_refused_has_no_event(store: SqliteStore, box: LetterBox) -> None:
    store.commit(page([], dead_letters=[letter(1)]), 9)
    (kept,) = box.read([1])
    assert (kept.id, kept.at_us, kept.letter, kept.event) == (1, 9, letter(1), None)


def test_an_event_without_a_record_behind_it_is_sent_again_too(store: SqliteStore, box: LetterBox) -> None:
    """The forwarder's own reports are such."""
    (chunk,) = [made._replace(source="forwarder", digests=b"") for made in chunks([3])]
    store.commit(page([])._replace(chunks=[chunk]), 0)
    delivery = store.next_delivery("splunk", (), STREAMS)
    assert delivery
    store.settle(delivery, 1, [DeadLetter("forwarder", "splunk", "invalid", "why", "uid-3", chunk.bodies)], 7)
    assert event_of(box, 1) == chunk
    box.send_again(1, chunk, "splunk")
    assert deliverable(store, "splunk") == [3]


def test_what_is_sent_again_waits_for_the_sink_that_refused_it_alone(store: SqliteStore, box: LetterBox) -> None:
    refuse(store, 3)
    assert box.send_again(1, event_of(box, 1), "splunk")
    assert deliverable(store, "splunk") == [3]
    assert deliverable(store, "archive") == []
    assert box.chosen(Choice()) == []
    assert store.backlog() == {"splunk": 1, "archive": 0}


def test_an_event_that_is_refused_again_is_a_letter_again(store: SqliteStore, box: LetterBox) -> None:
    refuse(store, 3)
    event = event_of(box, 1)
    box.send_again(1, event, "splunk")
    delivery = store.next_delivery("splunk", (), STREAMS)
    assert delivery
    store.settle(delivery, 1, [DeadLetter(SOURCE, "splunk", "invalid", "still", "uid-3", event.bodies)], 8)
    assert [(kept.letter.detail, kept.event) for kept in box.read(box.chosen(Choice()))] == [("still", event)]


def test_the_bytes_of_what_another_process_put_back_are_counted(store: SqliteStore, box: LetterBox) -> None:
    refuse(store, 3)
    refuse(store, 4)
    for number in (1, 2):
        box.send_again(number, event_of(box, number), "splunk")
    store.commit(page(range(100, 103)), 0)
    while delivery := store.next_delivery("splunk", (), STREAMS):
        store.settle(delivery, delivery.end, [], 0)
    while delivery := store.next_delivery("archive", (), STREAMS):
        store.settle(delivery, delivery.end, [], 0)
    assert store.bytes_waiting == 0


def test_a_letter_stays_when_its_chunk_cannot_be_written(store: SqliteStore, tmp_path: Path) -> None:
    refuse(store, 3)
    store.close()
    with closing(LetterBox(tmp_path / "store.db")) as box:
        event = event_of(box, 1)
        with files_of_at_most(1), pytest.raises(StoreUnavailable):
            box.send_again(1, event, "splunk")
        assert box.chosen(Choice()) == [1]
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        assert db.execute("SELECT count(*) FROM chunk").fetchone() == (0,)


def test_a_letter_is_put_back_once_however_many_try(store: SqliteStore, box: LetterBox, tmp_path: Path) -> None:
    refuse(store, 3)
    event = event_of(box, 1)
    with closing(LetterBox(tmp_path / "store.db")) as other:
        assert other.send_again(1, event, "splunk")
    assert box.send_again(1, event, "splunk") is None
    assert box.admit(1, event, ["splunk", "archive"]) is None
    assert not box.drop(1)
    assert store.backlog() == {"splunk": 1, "archive": 0}


def test_an_admitted_record_waits_for_every_sink_and_is_known(store: SqliteStore, box: LetterBox) -> None:
    store.commit(page([], dead_letters=[letter(1)]), 0)
    (chunk,) = chunks([42])
    assert box.admit(1, chunk, ["splunk", "archive"])
    assert deliverable(store, "splunk") == deliverable(store, "archive") == [42]
    assert known_numbers(store, [42]) == {42}


def test_an_admitted_record_that_was_read_again_since_is_not_sent_twice(store: SqliteStore, box: LetterBox) -> None:
    store.commit(page([42], dead_letters=[letter(1)]), 0)
    (chunk,) = chunks([42])
    assert box.admit(1, chunk, ["splunk", "archive"]) is None
    assert box.chosen(Choice()) == []
    assert store.backlog() == {"splunk": 1, "archive": 1}


def test_what_was_put_back_and_is_damaged_then_is_read_again(
    store: SqliteStore, box: LetterBox, tmp_path: Path
) -> None:
    refuse(store, 3)
    chunk_id = box.send_again(1, event_of(box, 1), "splunk")
    assert chunk_id
    damage(tmp_path, chunk_id)
    assert store.next_delivery("splunk", (), STREAMS) is None
    ((_, oldest_us, newest_us),) = store.rereads(SOURCE)
    assert oldest_us <= 3 * SECOND <= newest_us
    assert known_numbers(store, range(5)) == {0, 1, 2, 4}
    assert digest(3) not in store.known(SOURCE, 0, HOUR_US)


def test_a_dropped_record_is_no_letter_again_when_it_is_read_again(store: SqliteStore, box: LetterBox) -> None:
    store.commit(page([], dead_letters=[letter(1), letter(2)]), 0)
    assert box.drop(1)
    store.commit(page([], dead_letters=[letter(1), letter(2)]), 0)
    assert box.chosen(Choice()) == [2]


def test_a_dropped_event_that_a_sink_refuses_once_more_is_a_letter(store: SqliteStore, box: LetterBox) -> None:
    refuse(store, 3)
    assert box.drop(1)
    refuse(store, 3)
    assert [kept.letter.uid for kept in box.read(box.chosen(Choice()))] == ["uid-3"]


def test_letters_are_chosen_by_id_sink_source_and_reason(store: SqliteStore, box: LetterBox) -> None:
    others = [
        DeadLetter("usage", "source", "no-time", "why", None, b"{}"),
        DeadLetter(SOURCE, "splunk", "no-time", "", None, b"{}"),
    ]
    store.commit(page([], dead_letters=[letter(1), *others]), 0)
    assert box.chosen(Choice()) == [1, 2, 3]
    assert box.chosen(Choice((3, 1))) == [1, 3]
    assert box.chosen(Choice(sink="splunk")) == [3]
    assert box.chosen(Choice(source="usage")) == [2]
    assert box.chosen(Choice(source=SOURCE, reason="no-time")) == [3]
    with pytest.raises(Misconfigured, match="there is no dead letter 7, 9; nothing was done"):
        box.chosen(Choice((9, 1, 7)))


def test_an_id_that_no_encoding_has_is_kept_with_its_letter(store: SqliteStore, box: LetterBox) -> None:
    store.commit(page([], dead_letters=[letter(1)._replace(uid="activity_\ud800")]), 0)
    (kept,) = box.read([1])
    assert kept.letter.uid == "activity_?"


def test_a_letter_exactly_as_old_as_the_limit_stays_and_the_dropped_are_counted_in_the_log(store: SqliteStore) -> None:
    for number in range(4):
        store.commit(page([], dead_letters=[letter(number)]), number)
    with capture_logs() as logs:
        assert store.drop_letters(2) == 2
        assert store.drop_letters(2) == 0
    assert [kept.body for kept in store.dead_letters()] == [b'{"letter":2}', b'{"letter":3}']
    assert [(line["log_level"], line["dead_letters"]) for line in logs] == [("info", 2)]


@pytest.mark.parametrize("content", [None, b"no database" * 1000, b""], ids=["missing", "no database", "empty"])
def test_looking_neither_makes_nor_sets_aside_a_store(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"store\.url: .*store\.db"):
        LetterBox(file)
    assert (file.read_bytes() if file.exists() else None) == content
    assert not list(tmp_path.glob("*damaged*"))


def test_a_damaged_page_is_said_and_the_file_stays(store: SqliteStore, tmp_path: Path) -> None:
    store.commit(page([], dead_letters=[letter(number) for number in range(500)]), 0)
    store.close()
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as db:
        ((root,),) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'dead_letter'").fetchall()
    with closing(LetterBox(file)) as box:
        with file.open("r+b") as raw:
            raw.seek((root - 1) * 4096)
            raw.write(os.urandom(4096))
        for look in (lambda: list(box.read(box.chosen(Choice()))), lambda: box.drop(7), box.prove):
            with pytest.raises(Misconfigured, match="is damaged"):
                look()
    assert file.exists()
    assert not list(tmp_path.glob("*damaged*"))


def test_a_store_that_is_in_use_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=rf"in use by another forwarder \(process {os.getpid()}\); stop it first"):
        lock_twice(tmp_path / "store.db")


def lock_twice(store: Path) -> None:
    """Take a lock, and again."""
    lock = StoreLock(store)
    try:
        StoreLock(store)
    finally:
        lock.release()
