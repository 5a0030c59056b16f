"""What every engine of the store does, for the owner. Nothing here knows which one runs."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS
from forwarder.store import Checkpoint, Delivery, PageCommit, Store, StoreInUse
from tests.store.engines import Engine
from tests.store.pages import SECOND, SOURCE, checkpoint, chunks, known_numbers, letter, numbers_of, open_store, page


@pytest.fixture
def store(tmp_path: Path, engine: Engine) -> Iterator[Store]:
    """A store of two sinks, owned by this process."""
    with closing(open_store(tmp_path, engine=engine)) as opened:
        yield opened


def claimed(store: Store, sink: str) -> Delivery:
    """What `sink` is to be sent next."""
    delivery = store.claim(sink, STREAMS)
    assert delivery
    return delivery


def settle_whole(store: Store, sink: str) -> None:
    """`sink` takes its next chunk."""
    delivery = claimed(store, sink)
    store.settle(delivery, delivery.end, [], 0)


# Collecting


def test_a_chunk_goes_with_the_last_sink_that_settles_it(store: Store) -> None:
    store.commit(PageCommit(SOURCE, chunks(range(3))), 0)
    settle_whole(store, "splunk")
    assert store.bytes_waiting > 0
    settle_whole(store, "archive")
    assert store.bytes_waiting == 0


def test_a_page_names_the_sinks_that_get_it_or_all_get_it(store: Store) -> None:
    added = store.commit(PageCommit(SOURCE, chunks(range(2)), sinks=("archive",)), 0)
    assert list(added.values()) == [2]
    assert store.backlog() == {"splunk": 0, "archive": 2}


def test_state_entries_are_replaced_deleted_and_read_by_their_names(store: Store) -> None:
    store.commit(PageCommit(SOURCE, state_entries={"users": {"a/1": b"1", "a/2": b"2", "b/1": b"3"}}), 0)
    store.commit(PageCommit(SOURCE, state_entries={"users": {"a/1": b"4", "a/2": None}, "keys": {"a/1": b"5"}}), 0)
    assert store.state_entries("users") == {"a/1": b"4", "b/1": b"3"}
    assert store.state_entries("users", "a/", "a0") == {"a/1": b"4"}
    assert store.state_entries("keys") == {"a/1": b"5"}


def test_a_checkpoint_keeps_all_its_times_by_source(store: Store) -> None:
    whole = Checkpoint(1, 2, 3, 4)
    store.commit(PageCommit(SOURCE, checkpoint=Checkpoint(9, 9, 9, 9)), 0)
    store.commit(PageCommit(SOURCE, checkpoint=whole), 0)
    store.commit(PageCommit("usage", checkpoint=Checkpoint(5, 6, 7, 8)), 0)
    assert store.checkpoint(SOURCE) == whole
    assert store.checkpoint("users") is None


def test_a_page_read_for_another_store_is_not_taken(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="read again"):
        store.commit(page(range(3), checkpoint(3))._replace(store="another"), 0)
    assert store.checkpoint(SOURCE) is None
    store.commit(page(range(3), checkpoint(3))._replace(store=store.instance), 0)
    assert store.checkpoint(SOURCE) == checkpoint(3)


def test_a_full_store_takes_no_page_and_loses_none_and_opens_again(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, "splunk", max_bytes=3000, engine=engine)
    store.commit(PageCommit(SOURCE, chunks(range(3), size=2000), checkpoint=checkpoint(3)), 0)
    assert store.full()
    with pytest.raises(StoreUnavailable, match=r"\d{4} of 3000 bytes wait \(store\.max_bytes\)"):
        store.commit(page(range(3, 6), checkpoint(6)), 0)
    assert known_numbers(store, range(6)) == {0, 1, 2}
    assert store.checkpoint(SOURCE) == checkpoint(3)
    delivery = store.claim("splunk", STREAMS)
    assert delivery
    store.settle(delivery, 3, [], 0)
    assert not store.full()
    store.commit(page(range(3, 6), checkpoint(6)), 0)
    assert store.backlog() == {"splunk": 3}
    store.close()


def test_a_dead_letter_is_kept_once_a_refuser(store: Store) -> None:
    for _ in range(3):
        store.commit(page([], dead_letters=[letter(1), letter(1, "splunk"), letter(2)]), 5)
    assert store.count_dead_letters() == {(SOURCE, "source", "no-id"): 2, (SOURCE, "splunk", "no-id"): 1}
    assert [made.body for made in store.dead_letters()] == [b'{"letter":1}', b'{"letter":1}', b'{"letter":2}']
    store.drop_dead_letters(5)
    assert len(list(store.dead_letters())) == 3
    store.drop_dead_letters(6)
    assert not list(store.dead_letters())


# Sending


def test_a_claimed_chunk_is_claimed_once_until_it_is_released(store: Store) -> None:
    store.commit(page(range(3)), 0)
    delivery = claimed(store, "splunk")
    assert store.claim("splunk", STREAMS) is None
    assert numbers_of(claimed(store, "archive").chunk) == [0, 1, 2]
    store.settle(delivery, 1, [], 0)
    store.release(delivery)
    assert claimed(store, "splunk").position == 1


def test_an_owner_that_ended_leaves_no_claim_behind(tmp_path: Path, engine: Engine) -> None:
    with closing(open_store(tmp_path, engine=engine)) as store:
        store.commit(page(range(3)), 0)
        claimed(store, "splunk")
    with closing(open_store(tmp_path, engine=engine)) as store:
        assert numbers_of(claimed(store, "splunk").chunk) == [0, 1, 2]


def test_a_settlement_of_another_store_keeps_its_refusals_and_settles_nothing_here(store: Store) -> None:
    store.commit(page(range(3)), 0)
    (chunk,) = chunks(range(3))
    stale = Delivery("splunk", claimed(store, "splunk").chunk_id, 0, 0, chunk, "another")
    store.settle(stale, 3, [letter(1, "splunk")._replace(body=chunk.lines()[1])], 0)
    assert store.backlog() == {"splunk": 3, "archive": 3}
    assert len(list(store.dead_letters())) == 1


def test_a_chunk_of_a_newer_format_is_kept_and_reported_and_stops_nothing(tmp_path: Path, engine: Engine) -> None:
    with closing(open_store(tmp_path, engine=engine)) as store:
        added = [next(iter(store.commit(page(range(start, start + 3)), 0))) for start in (0, 10, 20)]
    engine.set_format(tmp_path, added[1], 99)
    with closing(open_store(tmp_path, engine=engine)) as store:
        assert store.findings() == {}
        for start in (0, 20):
            assert numbers_of(claimed(store, "splunk").chunk) == [start, start + 1, start + 2]
        assert store.claim("splunk", STREAMS) is None
        assert "1 chunks are kept and cannot be read (chunk format 99; this version reads" in "".join(
            store.findings().values()
        )
        assert store.backlog()["splunk"] == 9
    engine.set_format(tmp_path, added[1], 2)
    with closing(open_store(tmp_path, engine=engine)) as store:
        read = [numbers_of(claimed(store, "splunk").chunk)[0] for _ in added]
        assert read == [0, 10, 20]


def test_a_damaged_chunk_is_read_again_and_exactly_its_ids_are_unknown(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, "splunk", engine=engine)
    added: list[int] = []
    for start in (0, 10, 20):
        added += store.commit(page(range(start, start + 10), checkpoint(start + 10)), 0)
    store.close()
    engine.damage(tmp_path, added[1])
    store = open_store(tmp_path, "splunk", engine=engine)
    first = store.claim("splunk", STREAMS)
    assert first
    assert numbers_of(first.chunk) == list(range(10))
    store.settle(first, 10, [], 0)
    second = store.claim("splunk", STREAMS)
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


def test_a_reread_that_is_interrupted_does_not_forget_what_it_has_brought_back(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, "splunk", engine=engine)
    (chunk_id,) = store.commit(page(range(10)), 0)
    store.close()
    engine.damage(tmp_path, chunk_id)
    store = open_store(tmp_path, "splunk", engine=engine)
    assert store.claim("splunk", STREAMS) is None
    store.commit(page(range(6)), 0)
    assert known_numbers(store, range(10)) == set(range(6))
    assert len(store.rereads(SOURCE)) == 1
    store.close()


def test_a_chunk_that_is_read_back_is_the_one_that_was_committed(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, "splunk", engine=engine)
    store.commit(page(range(10)), 0)
    fresh = store.claim("splunk", STREAMS)
    store.close()
    store = open_store(tmp_path, "splunk", engine=engine)
    loaded = store.claim("splunk", STREAMS)
    assert fresh
    assert loaded
    assert loaded.chunk == fresh.chunk
    store.close()


def test_many_threads_commit_and_deliver_and_every_event_is_delivered_once(store: Store) -> None:
    writers, pages, lanes = 3, 25, 3
    total = writers * pages * 4
    delivered: dict[str, list[int]] = {"splunk": [], "archive": []}
    lock, faults = threading.Lock(), list[BaseException]()

    def write(writer: int) -> None:
        for number in range(pages):
            start = (writer * pages + number) * 4
            store.commit(page(range(start, start + 4)), 0)

    def send(sink: str) -> None:
        while len(delivered[sink]) < total and not faults:
            if delivery := store.claim(sink, STREAMS):
                store.settle(delivery, delivery.chunk.events, [], 0)
                store.release(delivery)
                with lock:
                    delivered[sink] += numbers_of(delivery.chunk)

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


# Owning


def test_a_store_has_one_owner_and_the_next_has_a_higher_generation(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, engine=engine)
    first = store.lease
    store.assert_owned()
    with pytest.raises(StoreInUse, match="in use by another forwarder"):
        open_store(tmp_path, engine=engine)
    store.close()
    with closing(open_store(tmp_path, engine=engine)) as store:
        assert store.lease.generation > first.generation


def test_a_sink_removed_while_events_wait_for_it_is_refused(tmp_path: Path, engine: Engine) -> None:
    store = open_store(tmp_path, "splunk", "archive", engine=engine)
    store.commit(page(range(3)), 0)
    settle_whole(store, "archive")
    store.close()
    open_store(tmp_path, "splunk", "other", engine=engine).close()
    with pytest.raises(Misconfigured, match=r"sinks\.splunk: is removed or disabled while 1 chunks wait"):
        open_store(tmp_path, "archive", engine=engine)
    store = open_store(tmp_path, "splunk", engine=engine)
    assert store.backlog() == {"splunk": 3}
    store.close()
