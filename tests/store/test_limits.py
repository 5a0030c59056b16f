"""What a SQLite store refuses, and what a chunk may hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder import store
from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS, Stream
from forwarder.store import PageCommit, pack
from forwarder.store.chunk import CHUNK_BYTES
from tests.store.disk import files_of_at_most
from tests.store.pages import SOURCE, checkpoint, chunks, known_numbers, letter, numbers_of, open_store, packed, page


def test_a_full_disk_is_a_pause_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    opened = open_store(tmp_path, "splunk")
    opened.commit(page(range(3), checkpoint(3)), 0)
    waiting = opened.bytes_waiting
    large = PageCommit(SOURCE, chunks(range(3, 9), size=60_000), [letter(1)], checkpoint(9))
    with files_of_at_most(300_000), pytest.raises(StoreUnavailable, match="cannot be written"):
        opened.commit(large, 0)
    assert opened.bytes_waiting == waiting
    assert opened.checkpoint(SOURCE) == checkpoint(3)
    assert known_numbers(opened, range(9)) == {0, 1, 2}
    assert not opened.count_dead_letters()
    opened.commit(large, 0)
    assert opened.backlog() == {"splunk": 9}
    opened.close()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["file/store.db", "folder"])
def test_a_place_where_no_store_can_be_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(Misconfigured, match=r"store\.url"):
        store.open_store(f"sqlite:///{tmp_path / place}", ("splunk",), 1)


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
