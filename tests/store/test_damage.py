"""A damaged file is set aside, never deleted, when it is opened and while it is in use."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS
from forwarder.store import AckTicket, LeaseLost, Store
from forwarder.store.sqlite import SqliteStore, lease
from forwarder.store.sqlite.database import Damaged
from tests.store.pages import SECOND, SOURCE, checkpoint, chunks, letter, open_inbox, open_store, page


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_an_unreadable_file_is_set_aside_and_says_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(content)
    store = open_store(tmp_path)
    assert store.recovered
    assert Path(store.recovered).read_bytes() == content
    store.commit(page(range(3)), 0)
    store.close()
    again = open_store(tmp_path)
    assert again.recovered is None
    assert again.backlog() == {"splunk": 3, "archive": 3}
    again.close()


def test_a_store_cut_short_is_set_aside_too(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for start in range(0, 2000, 10):
        store.commit(page(range(start, start + 10)), 0)
    store.close()
    file = tmp_path / "store.db"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 3])
    store = open_store(tmp_path)
    assert store.recovered
    assert store.checkpoint(SOURCE) is None
    store.close()


def overwrite_everything(folder: Path) -> None:
    """Every page of the file and of its log is garbage, under the process that has it open."""
    for name in ("store.db", "store.db-wal"):
        file = folder / name
        size = file.stat().st_size
        with file.open("r+b") as raw:
            raw.write(os.urandom(size))


@pytest.fixture(autouse=True)
def proves_its_file_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is proven when the lease is renewed: here whenever the store is asked whether it is owned."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.0)


def use_until_replaced(store: Store) -> None:
    """Go on until the damage is noticed."""
    for number in range(1000, 9000, 100):
        with suppress(StoreUnavailable):
            store.commit(page(range(number, number + 100), checkpoint(number)), 0)
        store.assert_owned()
        if store.recovered:
            return
    raise AssertionError("the damage was never noticed")


@pytest.fixture
def damaged_in_use(tmp_path: Path) -> Iterator[Store]:
    """A store whose file was overwritten while it was open, and which has noticed."""
    with closing(open_store(tmp_path)) as store:
        for start in range(0, 1000, 10):
            store.commit(page(range(start, start + 10), checkpoint(start)), 0)
        overwrite_everything(tmp_path)
        use_until_replaced(store)
        yield store


def test_a_file_that_is_damaged_in_use_is_replaced_without_a_restart(damaged_in_use: Store, tmp_path: Path) -> None:
    store = damaged_in_use
    assert store.recovered
    assert Path(store.recovered).stat().st_size > 0
    assert "set aside as" in store.findings()["store.recovered"]
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0
    store.assert_owned()
    store.commit(page(range(3), checkpoint(3)), 0)
    assert store.checkpoint(SOURCE) == checkpoint(3)
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    store.settle(delivery, delivery.end, [], 0)
    store.close()
    with closing(open_store(tmp_path)) as again:
        assert again.recovered is None
        assert again.checkpoint(SOURCE) == checkpoint(3)


def test_nothing_of_the_damaged_store_is_mistaken_for_something_of_the_new_one(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        first = store.instance
        for start in range(0, 1000, 10):
            store.commit(page(range(start, start + 10), checkpoint(start)), 0)
        sent, promised = store.claim("splunk", STREAMS), store.claim("splunk", STREAMS)
        assert sent
        assert promised
        promised = store.settle(promised, 3, [], 0, AckTicket("channel", 1))
        (pending,) = store.pending_acks("splunk")
        overwrite_everything(tmp_path)
        use_until_replaced(store)
        assert store.instance != first
        with pytest.raises(StoreUnavailable, match="read again"):
            store.commit(page(range(3), checkpoint(3))._replace(store=first), 0)
        assert store.checkpoint(SOURCE) is None or store.checkpoint(SOURCE) != checkpoint(3)
        before = store.backlog()
        (chunk_id,) = store.commit(page(range(20_000, 20_003)), 0)
        assert chunk_id not in (sent.chunk_id, promised.chunk_id)
        store.settle(sent, sent.end, [letter(1, "splunk")], 0)
        store.settle(promised, promised.end, [], 0, AckTicket("channel", 2))
        store.acknowledge("splunk", [pending.id])
        store.send_again([pending.id])
        store.release(sent)
        assert store.backlog() == {sink: events + 3 for sink, events in before.items()}
        assert store.pending_acks("splunk") == []
        assert letter(1, "splunk") in list(store.dead_letters())


def test_an_inbox_beside_a_store_that_is_replaced_ends_instead_of_writing_into_the_old_file(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store, closing(open_inbox(tmp_path)) as inbox:
        inbox.commit(page(range(5000, 5003)), 0)
        for name in ("store.db", "store.db-wal", "store.db-shm"):
            (tmp_path / name).rename(tmp_path / f"aside-{name}")
        store.close()
        open_store(tmp_path).close()
        with pytest.raises(Misconfigured, match="was replaced meanwhile by its owner"):
            inbox.commit(page(range(6000, 6003)), 0)


def test_an_owner_that_was_replaced_sets_no_file_of_its_successor_aside(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.commit(page(range(10)), 0)
    (tmp_path / "store.db.lock").unlink()
    with closing(open_store(tmp_path)) as successor:
        assert isinstance(store, SqliteStore)
        with pytest.raises(LeaseLost):
            store._db.damaged(Damaged("as if it were"))
        for use in (store.assert_owned, store.backlog, lambda: store.commit(page(range(3)), 0)):
            with pytest.raises(LeaseLost):
                use()
        assert not list(tmp_path.glob("*damaged*"))
        successor.assert_owned()
        successor.commit(page(range(10, 20)), 0)
    store.close()


def replace_by_copy(file: Path) -> None:
    """A whole store with the same lease stands in its place, as after a restored backup."""
    copy = file.with_name("copy.db")
    with closing(sqlite3.connect(file)) as db, closing(sqlite3.connect(copy)) as backup:
        db.backup(backup)
    copy.replace(file)


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.rename(file.with_name("elsewhere")), replace_by_copy])
def test_a_file_that_is_taken_away_in_use_is_replaced(harm: Callable[[Path], object], tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.commit(page(range(10), checkpoint(10)), 0)
        harm(tmp_path / "store.db")
        store.assert_owned()
        assert store.recovered
        assert store.checkpoint(SOURCE) is None
        store.commit(page(range(10), checkpoint(10)), 0)
    with closing(open_store(tmp_path)) as store:
        assert store.checkpoint(SOURCE) == checkpoint(10)


def test_pages_that_are_overwritten_are_noticed_when_they_are_read(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.commit(page(range(10), checkpoint(10)), 0)
        for start in range(0, 100_000, 5_000):
            (chunk,) = chunks(range(start, start + 5_000))
            store.commit(page([])._replace(chunks=[chunk]), 0)
        store.close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        ((root,),) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'known_id_by_time'").fetchall()
    with closing(open_store(tmp_path)) as store:
        with closing(sqlite3.connect(tmp_path / "store.db")) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with (tmp_path / "store.db").open("r+b") as raw:
            raw.seek((root - 1) * 4096)
            raw.write(os.urandom(4096))
        assert isinstance(store, SqliteStore)
        store._db.ready().execute("PRAGMA shrink_memory")
        assert store.known(SOURCE, 0, 100 * SECOND) == set()
        assert store.recovered
        store.commit(page(range(10), checkpoint(10)), 0)
