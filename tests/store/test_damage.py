"""A damaged chunk is read again from its source; an unreadable file is set aside, never deleted."""

from pathlib import Path

import pytest

from forwarder.records import STREAMS
from forwarder.store import PageCommit
from tests.store.disk import damage
from tests.store.pages import SECOND, SOURCE, checkpoint, chunks, known_numbers, numbers_of, open_store, page


def test_a_damaged_chunk_is_read_again_and_exactly_its_ids_are_unknown(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk")
    for start in (0, 10, 20):
        store.commit(page(range(start, start + 10), checkpoint(start + 10)), 0)
    store.close()
    damage(tmp_path, 2)
    store = open_store(tmp_path, "splunk")
    first = store.next_delivery("splunk", (), STREAMS)
    assert first
    assert numbers_of(first.chunk) == list(range(10))
    store.settle(first, 10, [], 0)
    second = store.next_delivery("splunk", (), STREAMS)
    assert second
    assert numbers_of(second.chunk) == list(range(20, 30))
    (reread,) = store.rereads(SOURCE)
    assert (reread.oldest_us, reread.newest_us) == (10 * SECOND, 19 * SECOND)
    assert known_numbers(store, range(30)) == {*range(10), *range(20, 30)}
    assert store.backlog() == {"splunk": 10}
    store.commit(PageCommit(SOURCE, chunks(range(10, 20)), reread_done=reread.id), 0)
    assert store.rereads(SOURCE) == []
    assert known_numbers(store, range(30)) == set(range(30))
    assert store.checkpoint(SOURCE) == checkpoint(30)
    store.close()


def test_a_reread_that_is_interrupted_does_not_forget_what_it_has_brought_back(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk")
    store.commit(page(range(10)), 0)
    store.close()
    damage(tmp_path, 1)
    store = open_store(tmp_path, "splunk")
    assert store.next_delivery("splunk", (), STREAMS) is None
    store.commit(page(range(6)), 0)
    assert known_numbers(store, range(10)) == set(range(6))
    assert len(store.rereads(SOURCE)) == 1
    store.close()


def test_a_chunk_is_judged_when_it_is_read_from_disk_and_a_good_one_is_whole(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk")
    store.commit(page(range(10)), 0)
    fresh = store.next_delivery("splunk", (), STREAMS)
    store.close()
    store = open_store(tmp_path, "splunk")
    loaded = store.next_delivery("splunk", (), STREAMS)
    assert fresh
    assert loaded
    assert loaded.chunk == fresh.chunk
    store.close()


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_an_unreadable_file_is_set_aside_and_says_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(content)
    store = open_store(tmp_path)
    assert store.recovered
    assert store.recovered.read_bytes() == content
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
