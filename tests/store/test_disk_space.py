"""Room on the volume: what is left free, the reserve that recording a delivery is given, and pages given back."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from forwarder.errors import StoreUnavailable
from forwarder.records import STREAMS
from forwarder.store import DeadLetterFilter, PageCommit, Store
from forwarder.store.sqlite import lease
from forwarder.store.sqlite.disk_space import DiskSpace, Volume
from tests.store import old_stores
from tests.store.disk import files_of_at_most
from tests.store.pages import SOURCE, chunks, letter, open_dead_letters, open_inbox, open_store, page

MEGABYTE = 1024 * 1024
SIZE = 64 * MEGABYTE
RESERVE = Volume(SIZE, 0).reserve


class FakeVolume:
    """What the operating system says about the volume; a test changes `free`."""

    def __init__(self) -> None:
        self.free = SIZE

    def statvfs(self, _: object) -> SimpleNamespace:
        """See `os.statvfs`."""
        return SimpleNamespace(f_blocks=SIZE, f_bavail=self.free, f_frsize=1)


@pytest.fixture
def volume(monkeypatch: pytest.MonkeyPatch) -> FakeVolume:
    """A volume of 64 MB; the lease is renewed, and the disk looked after, whenever the store is asked for it."""
    fake = FakeVolume()
    monkeypatch.setattr(os, "statvfs", fake.statvfs)
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.0)
    return fake


@pytest.fixture
def store(volume: FakeVolume, tmp_path: Path) -> Iterator[Store]:
    """A store on it."""
    with closing(open_store(tmp_path, "splunk")) as opened:
        yield opened


def large(count: int, first: int = 0) -> PageCommit:
    """A page of about `count` times 60 KB."""
    return PageCommit(SOURCE, chunks(range(first, first + count), size=60_000))


def deliver(store: Store) -> None:
    """All that waits is delivered."""
    while delivery := store.claim("splunk", STREAMS):
        store.settle(delivery, delivery.end, [], 0)


@pytest.mark.parametrize(("size", "reserve"), [(12, 0.75), (1, 0.5), (64, 4), (1024, 16), (1024**2, 16)])
def test_the_reserve_is_a_sixteenth_of_the_volume_within_bounds(size: int, reserve: float) -> None:
    assert Volume(size * MEGABYTE, 0).reserve == reserve * MEGABYTE


def test_a_page_is_taken_only_while_the_floor_stays_free(store: Store, volume: FakeVolume, tmp_path: Path) -> None:
    assert store.full() is None
    volume.free = RESERVE + 100_000
    with pytest.raises(StoreUnavailable, match=rf"the disk is full: 4\.3 MB are free in {tmp_path}, .* are needed"):
        store.commit(large(4), 0)
    assert "the disk is full" in (store.full() or ""), "collecting pauses until there is room for what was refused"
    store.commit(page(range(3)), 0)
    assert store.full(), "a small page says nothing about the large one"
    volume.free = RESERVE + 2_000_000
    assert store.full() is None
    store.commit(large(4), 0)


def test_pages_of_the_file_that_are_unused_are_room_too(store: Store, volume: FakeVolume) -> None:
    store.commit(large(20), 0)
    deliver(store)
    volume.free = RESERVE
    store.commit(large(10, first=100), 0)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        store.commit(large(40, first=200), 0)


def test_a_delivery_that_finds_no_room_is_given_the_reserve(store: Store, volume: FakeVolume, tmp_path: Path) -> None:
    reserve = tmp_path / "store.db.reserve"
    assert reserve.stat().st_size == RESERVE
    assert reserve.stat().st_blocks * 512 >= RESERVE, "it takes the room that it is to give"
    store.commit(large(10), 0)
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    with files_of_at_most(4096), pytest.raises(StoreUnavailable, match="cannot be written"):
        store.settle(delivery, delivery.end, [], 0)
    assert not reserve.exists()
    assert "for the next time is not there yet" in (store.full() or "")
    store.settle(delivery, delivery.end, [], 0)
    store.assert_owned()
    assert reserve.stat().st_size == RESERVE
    assert store.full() is None


def test_a_page_that_finds_no_room_leaves_the_reserve_to_deliveries(store: Store, tmp_path: Path) -> None:
    with files_of_at_most(4096), pytest.raises(StoreUnavailable, match="cannot be written"):
        store.commit(large(10), 0)
    assert (tmp_path / "store.db.reserve").exists()


def test_a_second_writer_leaves_the_floor_free_too(store: Store, volume: FakeVolume, tmp_path: Path) -> None:
    store.commit(page([], dead_letters=[letter(1)]), 0)
    delivery = store.claim("splunk", STREAMS)
    assert delivery is None
    store.commit(page(range(1)), 0)
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    store.settle(delivery, 1, [letter(2, "splunk")], 0)
    volume.free = RESERVE // 8
    with closing(open_inbox(tmp_path, "splunk")) as inbox:
        assert "the disk is full" in (inbox.full() or "")
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            inbox.commit(large(1), 0)
    with closing(open_dead_letters(tmp_path)) as beside:
        (first, _) = beside.chosen(DeadLetterFilter())
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            beside.requeue(first, chunks([7])[0], ["splunk"])
        assert beside.drop(first), "what makes the store smaller is always allowed"


def test_a_store_gives_back_what_it_does_not_use(store: Store, volume: FakeVolume, tmp_path: Path) -> None:
    store.commit(large(400), 0)
    file = tmp_path / "store.db"
    store.assert_owned()
    assert file.stat().st_size > 3 * RESERVE
    deliver(store)
    for _ in range(20):
        store.assert_owned()
    assert 2 * RESERVE <= file.stat().st_size < 3 * RESERVE, "some stays for what is collected next"
    volume.free = RESERVE - 1
    for _ in range(100):
        store.assert_owned()
    assert file.stat().st_size < MEGABYTE, "all goes back where the volume is tight"


def test_a_volume_without_numbers_is_no_limit(
    store: Store, volume: FakeVolume, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: object) -> SimpleNamespace:
        return SimpleNamespace(f_blocks=0, f_bavail=0, f_frsize=4096)

    monkeypatch.setattr(os, "statvfs", unknown)
    assert store.full() is None
    store.commit(large(3), 0)


def test_a_file_system_that_can_make_no_reserve_is_no_limit(
    volume: FakeVolume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with closing(open_store(tmp_path, "splunk")) as opened:
        assert opened.full() is None
        opened.commit(large(3), 0)
    assert not (tmp_path / "store.db.reserve").exists()


def test_the_reserve_grows_with_its_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = DiskSpace(tmp_path / "store.db")
    for size in (SIZE, 2 * SIZE):
        monkeypatch.setattr(space, "_volume", lambda size=size: Volume(size, size))
        space.restore()
        assert (tmp_path / "store.db.reserve").stat().st_size == Volume(size, 0).reserve


def test_a_store_of_an_earlier_version_gives_back_pages_too(tmp_path: Path) -> None:
    old_stores.build(tmp_path, old_stores.COMMITS[-1])
    open_store(tmp_path, "splunk", "archive").close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
