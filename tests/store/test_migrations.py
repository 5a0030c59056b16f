"""A store of any earlier version opens, and nothing that was in it is lost; one of a newer version is left alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forwarder import store
from forwarder.errors import Misconfigured
from forwarder.records import STREAMS
from forwarder.store import Checkpoint, DeadLetterFilter, Reread, Store
from forwarder.store.sqlite import migrate
from tests.store import old_stores
from tests.store.pages import (
    SECOND,
    SOURCE,
    chunks,
    key_fields,
    known_numbers,
    letter,
    numbers_of,
    open_dead_letters,
    open_inbox,
    open_store,
    page,
)

every_version = pytest.mark.parametrize("commit", old_stores.COMMITS)
WITH_ACKS = old_stores.COMMITS[2:]
WITH_EVENTS = old_stores.COMMITS[3:]
WITH_BACKFILL = old_stores.COMMITS[4:]


def delivered(opened: Store, sink: str) -> list[int]:
    """What `sink` is sent until nothing is left, with the key fields that it is sent with."""
    numbers: list[int] = []
    while delivery := opened.claim(sink, STREAMS):
        rest = range(delivery.position, delivery.end)
        sent = numbers_of(delivery.chunk)
        assert delivery.chunk.keys() == [key_fields(number) for number in sent]
        assert delivery.chunk.lines() == chunks(sent)[0].lines()
        numbers += [sent[position] for position in rest]
        opened.settle(delivery, delivery.end, [], 0)
        opened.release(delivery)
    return numbers


@every_version
def test_what_waits_in_a_store_of_an_earlier_version_is_delivered(commit: str, tmp_path: Path) -> None:
    old_stores.build(tmp_path, commit)
    with closing(open_store(tmp_path)) as opened:
        assert opened.recovered is None
        assert opened.instance == old_stores.INSTANCE
        assert opened.checkpoint(SOURCE) == Checkpoint(*old_stores.CHECKPOINT)
        pending = opened.pending_acks("splunk")
        assert [(row.channel, row.ack, row.events) for row in pending] == (
            [(old_stores.CHANNEL, 9, 2)] if commit in WITH_ACKS else []
        )
        assert delivered(opened, "splunk") == [*range(4, 10), *range(10, 30)]
        assert delivered(opened, "archive") == [*range(10), *range(20, 30)]
        assert opened.bytes_waiting > 0 if pending else opened.bytes_waiting == 0
        opened.acknowledge("splunk", [row.id for row in pending])
        assert opened.backlog() == {"splunk": 0, "archive": 0}
        assert opened.bytes_waiting == 0


@pytest.mark.parametrize("commit", WITH_ACKS)
def test_what_was_never_acknowledged_is_sent_again_after_the_upgrade(commit: str, tmp_path: Path) -> None:
    old_stores.build(tmp_path, commit)
    with closing(open_store(tmp_path)) as opened:
        opened.send_again([row.id for row in opened.pending_acks("splunk")])
        assert delivered(opened, "splunk") == [2, 3, *range(4, 10), *range(10, 30)]


@every_version
def test_ids_and_time_ranges_to_be_read_again_are_those_of_before(commit: str, tmp_path: Path) -> None:
    old_stores.build(tmp_path, commit)
    with closing(open_store(tmp_path)) as opened:
        assert known_numbers(opened, range(50)) == {*range(30), 43, 44}
        assert opened.rereads(SOURCE) == [Reread(7, 40 * SECOND, 42 * SECOND)]


@every_version
def test_dead_letters_of_an_earlier_version_are_listed_and_requeued(commit: str, tmp_path: Path) -> None:
    old_stores.build(tmp_path, commit)
    with closing(open_store(tmp_path)) as opened, closing(open_dead_letters(tmp_path)) as beside:
        kept = list(beside.read(beside.chosen(DeadLetterFilter())))
        assert [each.dead_letter for each in kept] == [letter(1), letter(2), old_stores.REFUSED]
        assert [each.at_us for each in kept] == [5, 5, 5]
        event = kept[2].event
        (alone,) = chunks([33])
        assert event == (alone if commit in WITH_EVENTS else None)
        assert beside.requeue(1, alone, ["archive"], unless_known=True)
        if event:
            assert beside.requeue(3, event, ["splunk"])
            assert 33 in delivered(opened, "splunk")
        opened.commit(page([], dead_letters=[letter(8)]), 0)
        dropped_before = commit in WITH_EVENTS
        assert letter(8) in list(opened.dead_letters()) or dropped_before
        assert not (letter(8) in list(opened.dead_letters()) and dropped_before)


@every_version
def test_a_backfill_and_state_entries_go_on_where_they_were(commit: str, tmp_path: Path) -> None:
    old_stores.build(tmp_path, commit)
    with closing(open_store(tmp_path)) as opened, closing(open_inbox(tmp_path)) as inbox:
        progress = inbox.progress("a name")
        assert (progress and progress[1:]) == ((5, 9) if commit in WITH_BACKFILL else None)
        assert opened.state_entries("users") == ({"users/1": b"1"} if commit == old_stores.COMMITS[-1] else {})


@every_version
def test_an_upgraded_store_has_the_tables_of_a_new_one_and_is_sound(commit: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    old_stores.build(old, commit)
    for folder in (old, new):
        open_store(folder).close()
    assert tables(old) == tables(new)
    with closing(sqlite3.connect(old / "store.db")) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA user_version").fetchall() == [(migrate.latest(),)]


@pytest.mark.parametrize("commit", old_stores.COMMITS[2:])
def test_newer_empty_tables_beside_older_ones_do_not_hide_what_is_old(commit: str, tmp_path: Path) -> None:
    """A later program that opened the store added the tables it lacked, and nothing else."""
    old_stores.build(tmp_path, commit)
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        db.executescript((old_stores.SCHEMAS / "b1b314c.sql").read_text())
    with closing(open_store(tmp_path)) as opened:
        assert delivered(opened, "splunk") == [*range(4, 10), *range(10, 30)]
        assert len(list(opened.dead_letters())) == 3


def test_a_chunk_that_was_damaged_before_the_upgrade_is_found_after_it(tmp_path: Path) -> None:
    old_stores.build(tmp_path, "4c3f58f")
    with closing(sqlite3.connect(tmp_path / "store.db")) as db, db:
        db.execute("UPDATE chunk SET bodies = CAST(replace(bodies, '11', '12') AS BLOB) WHERE id = 2")
    with closing(open_store(tmp_path)) as opened:
        assert delivered(opened, "splunk") == [*range(4, 10), *range(20, 30)]
        assert len(opened.rereads(SOURCE)) == 2


def test_an_upgrade_that_fails_half_way_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_stores.build(tmp_path, "dca8a7d")
    before = tables(tmp_path)
    scripts = migrate._versions()
    monkeypatch.setattr(migrate, "_versions", lambda: [scripts[0] + "DROP TABLE nowhere;", *scripts[1:]])
    with pytest.raises(store.StoreFault, match="nowhere"):
        open_store(tmp_path)
    assert tables(tmp_path) == before
    monkeypatch.undo()
    with closing(open_store(tmp_path)) as opened:
        assert delivered(opened, "splunk") == [*range(4, 10), *range(10, 30)]


def test_a_store_of_a_newer_version_is_refused_and_left_untouched(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 77")
    before, there = file.read_bytes(), set(tmp_path.iterdir())
    message = rf"schema version 77, this program knows up to {migrate.latest()}: run the newer program"
    for opening in (open_store, open_inbox, open_dead_letters):
        with pytest.raises(Misconfigured, match=message):
            opening(tmp_path)
    assert file.read_bytes() == before
    assert set(tmp_path.iterdir()) - there <= {tmp_path / "store.db.lock"}


def test_beside_a_store_that_its_owner_has_not_upgraded_nothing_is_done(tmp_path: Path) -> None:
    old_stores.build(tmp_path, "b1b314c")
    before = tables(tmp_path)
    for opening in (open_inbox, open_dead_letters):
        with pytest.raises(Misconfigured, match=r"schema version 0, .* start `claude-siem run`"):
            opening(tmp_path)
    assert tables(tmp_path) == before


def tables(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """Columns (name, type, not null, part of the key) by table, and the indexes."""
    with closing(sqlite3.connect(folder / "store.db")) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {n: {(*r[1:4], r[5]) for r in db.execute(f"PRAGMA table_info({n})")} for n in names}
        found["indexes"] = set(db.execute("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index'"))
        return found
