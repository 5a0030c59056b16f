"""The store's second writer beside its owner, on every engine."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import StoreUnavailable
from forwarder.records import STREAMS
from forwarder.store import BackfillProgress, Inbox, PageCommit, Store
from tests.store.engines import Engine
from tests.store.pages import (
    SOURCE,
    checkpoint,
    chunks,
    known_numbers,
    letter,
    numbers_of,
    open_inbox,
    open_store,
    page,
)


@pytest.fixture
def store(tmp_path: Path, engine: Engine) -> Iterator[Store]:
    """A store of two sinks, owned by this process."""
    with closing(open_store(tmp_path, engine=engine)) as opened:
        yield opened


@pytest.fixture
def inbox(store: Store, tmp_path: Path, engine: Engine) -> Iterator[Inbox]:
    """Its inbox."""
    with closing(open_inbox(tmp_path, engine=engine)) as opened:
        yield opened


def test_the_owner_delivers_what_is_put_into_the_inbox(store: Store, inbox: Inbox) -> None:
    assert inbox.instance == store.instance
    added = inbox.commit(page(range(3), dead_letters=[letter(1)]), 0)
    assert list(added.values()) == [3]
    assert inbox.waiting(added) == set(added)
    for sink in ("splunk", "archive"):
        delivery = store.claim(sink, STREAMS)
        assert delivery
        assert numbers_of(delivery.chunk) == [0, 1, 2]
        store.settle(delivery, delivery.end, [], 0)
    assert inbox.waiting(added) == set()
    assert store.bytes_waiting == 0
    assert inbox.refused(SOURCE) == 1
    assert inbox.refused("usage") == 0


def test_both_know_the_ids_that_either_committed(store: Store, inbox: Inbox) -> None:
    store.commit(page(range(3)), 0)
    inbox.commit(page(range(10, 13)), 0)
    assert known_numbers(store, range(20)) == {0, 1, 2, 10, 11, 12}
    assert inbox.known(SOURCE, 0, 10**9) == store.known(SOURCE, 0, 10**9)


def test_progress_is_kept_by_name_until_the_end_is_reached(store: Store, inbox: Inbox) -> None:
    store.commit(page([], checkpoint(7)), 0)
    assert inbox.progress("a") is None
    for done_us in (3, 5):
        inbox.commit(PageCommit(SOURCE, backfill=BackfillProgress("a", done_us, 9)), 0)
    inbox.commit(PageCommit(SOURCE, backfill=BackfillProgress("b", 1, 2)), 0)
    assert inbox.progress("a") == BackfillProgress("a", 5, 9)
    inbox.commit(PageCommit(SOURCE, backfill=BackfillProgress("a", 9, 9)), 0)
    assert inbox.progress("a") is None
    assert inbox.progress("b") == BackfillProgress("b", 1, 2)
    assert store.checkpoint(SOURCE) == checkpoint(7), "the owner's checkpoint never moves"


def test_half_of_the_room_is_left_to_the_owner(store: Store, tmp_path: Path, engine: Engine) -> None:
    with closing(open_inbox(tmp_path, max_bytes=6000, engine=engine)) as inbox:
        inbox.commit(PageCommit(SOURCE, chunks(range(3), size=2000)), 0)
        assert inbox.full()
        with pytest.raises(StoreUnavailable, match=r"3000 bytes wait, half of store\.max_bytes"):
            inbox.commit(page(range(3, 6)), 0)
        inbox.commit(page([], dead_letters=[letter(1)]), 0)
    assert store.backlog() == {"splunk": 3, "archive": 3}


def test_an_inbox_goes_on_when_the_owner_changes(store: Store, inbox: Inbox, tmp_path: Path, engine: Engine) -> None:
    store.close()
    inbox.commit(page(range(3)), 0)
    with closing(open_store(tmp_path, engine=engine)) as successor:
        inbox.commit(page(range(3, 6)), 0)
        assert successor.backlog() == {"splunk": 6, "archive": 6}
