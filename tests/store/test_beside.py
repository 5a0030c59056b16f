"""A SQLite file beside its owner: never made, never set aside, and what cannot be written changes nothing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import STREAMS, DeadLetter
from forwarder.store import DeadLetterFilter
from tests.store.disk import files_of_at_most
from tests.store.pages import SOURCE, chunks, letter, open_dead_letters, open_store, page


def test_a_dead_letter_stays_when_its_chunk_cannot_be_written(tmp_path: Path) -> None:
    (chunk,) = chunks([3])
    with closing(open_store(tmp_path)) as store:
        store.commit(page([])._replace(chunks=[chunk], sinks=["splunk"]), 0)
        delivery = store.claim("splunk", STREAMS)
        assert delivery
        store.settle(delivery, 1, [DeadLetter(SOURCE, "splunk", "invalid", "why", "uid-3", chunk.bodies)], 7)
    with closing(open_dead_letters(tmp_path)) as beside:
        (kept,) = beside.read([1])
        assert kept.event
        event = kept.event
        with files_of_at_most(1), pytest.raises(StoreUnavailable):
            beside.requeue(1, event, ["splunk"])
        assert beside.chosen(DeadLetterFilter()) == [1]
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        assert db.execute("SELECT count(*) FROM chunk").fetchone() == (0,)


@pytest.mark.parametrize("content", [None, b"no database" * 1000, b""], ids=["missing", "no database", "empty"])
def test_looking_neither_makes_nor_sets_aside_a_store(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"store\.url: .*store\.db"):
        open_dead_letters(tmp_path)
    assert (file.read_bytes() if file.exists() else None) == content
    assert not list(tmp_path.glob("*damaged*"))


def test_a_damaged_page_is_reported_and_the_file_stays(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.commit(page([], dead_letters=[letter(number) for number in range(500)]), 0)
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as db:
        ((root,),) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'dead_letter'").fetchall()
    with closing(open_dead_letters(tmp_path)) as beside:
        with file.open("r+b") as raw:
            raw.seek((root - 1) * 4096)
            raw.write(os.urandom(4096))
        for look in (
            lambda: list(beside.read(beside.chosen(DeadLetterFilter()))),
            lambda: beside.drop(7),
            beside.verify,
        ):
            with pytest.raises(Misconfigured, match="is damaged"):
                look()
    assert file.exists()
    assert not list(tmp_path.glob("*damaged*"))
