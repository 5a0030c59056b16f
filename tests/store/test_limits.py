"""What the store refuses, how full it may be, and that many threads may use it at once."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS, Stream
from forwarder.store import PageCommit, SqliteStore, StoreLock, pack
from forwarder.store.chunk import CHUNK_BYTES
from tests.store.disk import files_of_at_most
from tests.store.pages import SOURCE, checkpoint, chunks, known_numbers, letter, numbers_of, open_store, packed, page


def test_a_full_store_takes_no_page_and_loses_none_and_opens_again(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk", max_bytes=3000)
    store.commit(PageCommit(SOURCE, chunks(range(3), size=2000), checkpoint=checkpoint(3)), 0)
    assert store.is_full()
    with pytest.raises(StoreUnavailable, match=r"\d{4} of 3000 bytes wait \(store\.max_bytes\)"):
        store.commit(page(range(3, 6), checkpoint(6)), 0)
    assert known_numbers(store, range(6)) == {0, 1, 2}
    assert store.checkpoint(SOURCE) == checkpoint(3)
    delivery = store.next_delivery("splunk", (), STREAMS)
    assert delivery
    store.settle(delivery, 3, [], 0)
    assert not store.is_full()
    store.commit(page(range(3, 6), checkpoint(6)), 0)
    assert store.backlog() == {"splunk": 3}
    store.close()


def test_a_full_disk_is_a_pause_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk")
    store.commit(page(range(3), checkpoint(3)), 0)
    waiting = store.bytes_waiting
    large = PageCommit(SOURCE, chunks(range(3, 9), size=60_000), [letter(1)], checkpoint(9))
    with files_of_at_most(300_000), pytest.raises(StoreUnavailable, match="cannot be written"):
        store.commit(large, 0)
    assert store.bytes_waiting == waiting
    assert store.checkpoint(SOURCE) == checkpoint(3)
    assert known_numbers(store, range(9)) == {0, 1, 2}
    assert not store.count_dead_letters()
    store.commit(large, 0)
    assert store.backlog() == {"splunk": 9}
    store.close()


def test_a_sink_removed_while_events_wait_for_it_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk", "archive")
    store.commit(page(range(3)), 0)
    delivery = store.next_delivery("archive", (), STREAMS)
    assert delivery
    store.settle(delivery, 3, [], 0)
    store.close()
    open_store(tmp_path, "splunk", "other").close()
    with pytest.raises(Misconfigured, match=r"sinks\.splunk: is removed or disabled while 1 chunks wait"):
        open_store(tmp_path, "archive")
    store = open_store(tmp_path, "splunk")
    assert store.backlog() == {"splunk": 3}
    store.close()


def test_a_dead_letter_is_kept_once_a_refuser(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for _ in range(3):
        store.commit(page([], dead_letters=[letter(1), letter(1, "splunk"), letter(2)]), 5)
    assert store.count_dead_letters() == {(SOURCE, "source", "no-id"): 2, (SOURCE, "splunk", "no-id"): 1}
    assert [made.body for made in store.dead_letters()] == [b'{"letter":1}', b'{"letter":1}', b'{"letter":2}']
    store.drop_letters(5)
    assert len(list(store.dead_letters())) == 3
    store.drop_letters(6)
    assert not list(store.dead_letters())
    store.close()


def test_one_owner_a_store(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path / "store.db")
    with pytest.raises(Misconfigured, match="in use by another forwarder"):
        StoreLock(tmp_path / "store.db")
    lock.release()
    StoreLock(tmp_path / "store.db").release()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["file/store.db", "folder"])
def test_a_place_where_no_store_can_be_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(Misconfigured, match=r"store\.url"):
        SqliteStore(tmp_path / place, ("splunk",), 1)


def test_many_threads_commit_and_deliver_and_every_event_is_delivered_once(tmp_path: Path) -> None:
    store = open_store(tmp_path, "splunk", "archive")
    writers, pages, lanes = 3, 25, 3
    total = writers * pages * 4
    delivered: dict[str, list[int]] = {"splunk": [], "archive": []}
    busy: dict[str, set[int]] = {"splunk": set(), "archive": set()}
    lock, faults = threading.Lock(), list[BaseException]()

    def write(writer: int) -> None:
        for number in range(pages):
            start = (writer * pages + number) * 4
            store.commit(page(range(start, start + 4)), 0)

    def send(sink: str) -> None:
        while len(delivered[sink]) < total and not faults:
            with lock:
                delivery = store.next_delivery(sink, busy[sink], STREAMS)
                if delivery:
                    busy[sink].add(delivery.chunk_id)
            if delivery:
                store.settle(delivery, delivery.chunk.events, [], 0)
                with lock:
                    delivered[sink] += numbers_of(delivery.chunk)
                    busy[sink].discard(delivery.chunk_id)

    def guarded(work: object, *args: object) -> None:
        try:
            work(*args)  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(write, n)) for n in range(writers)]
    threads += [threading.Thread(target=guarded, args=(send, s)) for s in delivered for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not faults
    for sink in delivered:
        assert sorted(delivered[sink]) == list(range(total))
    assert store.bytes_waiting == 0
    store.close()


@given(st.lists(st.tuples(st.sampled_from(STREAMS), st.sampled_from([0, 10, 90_000, 300_000, 500_000])), max_size=12))
def test_a_chunk_is_one_stream_at_most_one_body_and_no_event_is_left_out(events: list[tuple[Stream, int]]) -> None:
    made = list(pack(SOURCE, [packed(n, stream, size) for n, (stream, size) in enumerate(events)]))
    for chunk in made:
        assert sum(map(len, chunk.lines())) <= CHUNK_BYTES or chunk.events == 1
        assert len(chunk.lines()) == len(chunk.keys()) == chunk.events == len(chunk.digests) // 8
        assert {events[n][0] for n in numbers_of(chunk)} == {chunk.stream}
    for stream in STREAMS:
        order = [n for chunk in made if chunk.stream == stream for n in numbers_of(chunk)]
        assert order == [n for n, (of, _) in enumerate(events) if of == stream]
