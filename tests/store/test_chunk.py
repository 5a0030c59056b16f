"""A chunk as it is stored: it names its key fields, so a program that has others can read it."""

from collections.abc import Sequence

import orjson
import pytest

from forwarder.gzip import compress
from forwarder.records import KeyFields
from forwarder.store.chunk import FORMAT, Sealed, UnknownFormat, key_fields_from, named_key_fields
from tests.store.pages import chunks, key_fields

(WHOLE,) = chunks(range(3))
EMPTY = WHOLE._replace(key_fields=b"", bodies=b"")


def sealed(names: list[str], rows: Sequence[Sequence[object]]) -> Sealed:
    """`WHOLE` as a program with these fields stores it."""
    return Sealed(FORMAT, compress(b"\n".join((orjson.dumps(names), orjson.dumps(rows), WHOLE.bodies))))


def test_a_chunk_is_read_back_as_it_was() -> None:
    assert EMPTY.unsealed(WHOLE.sealed()) == WHOLE
    assert WHOLE.sealed().format == FORMAT


def test_fields_that_a_chunk_does_not_have_are_none() -> None:
    read = EMPTY.unsealed(sealed(["uid", "time_ms"], [["a", 1], ["b", 2], ["c", 3]]))
    blank = KeyFields(*[None] * len(KeyFields._fields))  # type: ignore[arg-type]
    assert read.keys() == [blank._replace(uid=uid, time_ms=time) for uid, time in (("a", 1), ("b", 2), ("c", 3))]
    assert read.bodies == WHOLE.bodies


def test_fields_in_another_order_and_fields_of_a_later_version_are_read_by_their_names() -> None:
    names = ["of_a_later_version", *reversed(KeyFields._fields)]
    rows = [["x", *reversed(key_fields(number))] for number in range(3)]
    assert EMPTY.unsealed(sealed(names, rows)) == WHOLE


def test_a_chunk_of_format_1_is_read_by_position() -> None:
    old = Sealed(1, compress(WHOLE.key_fields + b"\n" + WHOLE.bodies))
    assert EMPTY.unsealed(old) == WHOLE


def test_fields_that_this_version_has_beyond_format_1_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [[None, *key_fields(number)] for number in range(3)]
    monkeypatch.setattr(KeyFields, "_fields", ("severity", *KeyFields._fields))
    old = Sealed(1, compress(WHOLE.key_fields + b"\n" + WHOLE.bodies))
    read = EMPTY.unsealed(old)
    assert [row for row, _ in read.pairs()] == wanted
    assert key_fields_from(orjson.dumps([wanted[1][1:]])) == orjson.dumps([wanted[1]])


def test_an_unknown_format_is_an_error_that_names_both() -> None:
    with pytest.raises(UnknownFormat, match=f"chunk format 99; this version reads up to {FORMAT}"):
        EMPTY.unsealed(Sealed(99, b"whatever"))


def test_pairs_are_each_events_fields_and_body() -> None:
    assert list(WHOLE.pairs()) == [(list(key_fields(n)), body) for n, body in enumerate(WHOLE.lines())]


def test_the_fields_of_one_event_are_kept_by_name() -> None:
    stored = named_key_fields(WHOLE, 1)
    assert orjson.loads(stored)["uid"] == "uid-1"
    assert key_fields_from(stored) == orjson.dumps([list(key_fields(1))])
