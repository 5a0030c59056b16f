"""A damaged file is set aside, never deleted, when it is opened and while it is in use."""

from pathlib import Path

import pytest

from tests.store.pages import SOURCE, open_store, page


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
