"""Pages are parsed without losing a digit or a character, however they are written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.anthropic import parse_page
from forwarder.errors import Retry

INT64 = range(-(2**63), 2**63)
NUMBERS = st.one_of(
    st.integers(),
    st.integers(2**53, 2**70),
    st.integers(-(2**70), -(2**53)),
    st.floats(allow_nan=True, allow_infinity=True),
)
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=8)
"""Lone surrogates among them."""
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 1, "\t", "\r", "\n"])
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t"), (",", ":\r\n")])


def exact(value: Any) -> Any:
    """What a reader may expect: as the standard library reads it, except for what JSON's readers cannot hold."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if value in INT64 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else json.dumps(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [exact(item) for item in value]
    return {exact(key): exact(item) for key, item in value.items()}


def same(left: Any, right: Any) -> bool:
    """Equal in value and in kind (1 is not 1.0 and not True)."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@given(VALUES, INDENTS, SEPARATORS, st.booleans())
def test_a_page_holds_exactly_what_its_text_says(
    value: Any, indent: int | str | None, separators: tuple[str, str], escaped: bool
) -> None:
    page = {"data": [value], "has_more": False, "last_id": None}
    text = json.dumps(page, indent=indent, separators=separators, ensure_ascii=escaped)
    expected = json.loads(text)["data"][0]
    assert same(parse_page(text.encode("utf-8", "surrogatepass")).items[0], exact(expected))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e400", "1e400"),
        ("-1E+999", "-1E+999"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", "9223372036854775808"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1" * 5000, "1" * 5000),
        ("0.1234567890123456789012345", 0.1234567890123456789012345),
        ('"\\ud800"', "?"),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('{"\\udfff":1}', {"?": 1}),
    ],
)
def test_values_that_json_readers_cannot_hold_become_text_and_lose_nothing(text: str, value: Any) -> None:
    for padding in ("", " ", "\t", "\n", "\r\n"):
        body = f'{{"data":[{{"x":{padding}{text}}},{padding}{text}],"has_more":false}}'.encode()
        items = parse_page(body).items
        assert same(items[0]["x"], value)
        assert same(items[1], value)


def test_one_odd_number_does_not_change_its_neighbours() -> None:
    rows = [{"id": f"a{n}", "n": n, "f": n / 3, "t": "ü\U0001f600"} for n in range(50)]
    body = json.dumps({"data": [*rows, {"x": 2**80}], "has_more": True, "last_id": "a49"}).encode()
    page = parse_page(body)
    assert page.items == [*rows, {"x": str(2**80)}]
    assert (page.has_more, page.last_id) == (True, "a49")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"data"',
        b"{}",
        b'{"data":null}',
        b'{"data":{}}',
        b'{"data":[{"id":"activity_',
        b"<html>502</html>",
        b'{"data":[],"has_more":true}',
        b'{"data":[],"has_more":true,"last_id":null}',
        b'{"data":[],"has_more":true,"last_id":7}',
        b'{"data":[],"has_more":true,"last_id":null,"next_page":null}',
        b'{"data":[],"has_more":"no"}',
        b'{"data":[],"has_more":false,"next_page":7}',
        b"\xff\xfe",
    ],
)
def test_a_malformed_page_is_retried(body: bytes) -> None:
    with pytest.raises(Retry, match="malformed page"):
        parse_page(body)


@pytest.mark.parametrize(
    ("fields", "has_more"),
    [
        (b"", False),
        (b',"has_more":false', False),
        (b',"has_more":null,"last_id":"a"', False),
        (b',"has_more":false,"last_id":"a","next_page":null', False),
        (b',"next_page":null', False),
        (b',"next_page":""', False),
        (b',"has_more":true,"last_id":"a"', True),
        (b',"has_more":true,"next_page":"p"', True),
        (b',"next_page":"p"', True),
        (b',"has_more":false,"next_page":"p"', True),
    ],
)
def test_a_page_is_the_last_one_only_where_it_names_no_next_page_in_either_way(fields: bytes, has_more: bool) -> None:
    assert parse_page(b'{"data":[]' + fields + b"}").has_more is has_more


@given(st.binary(max_size=40))
def test_no_body_raises_another_error(body: bytes) -> None:
    for text in (body, b'{"data":[' + body + b'],"has_more":false}'):
        try:
            parse_page(text)
        except Retry:
            continue


DEEP = b"[" * 5000 + b'"]\\"' + b'"' + b"]" * 5000


def test_a_deeply_nested_row_is_read_like_any_other() -> None:
    for depth in (100, 500, 900):
        nested = b"[" * depth + b"]" * depth
        items = parse_page(b'{"data":[{"x":' + nested + b'},{"y":1}],"has_more":false}').items
        assert json.dumps(items[0]).encode() == b'{"x": ' + nested + b"}"
        assert items[1] == {"y": 1}


@given(st.lists(VALUES, max_size=3), st.lists(VALUES, max_size=3), INDENTS, st.booleans())
def test_a_row_too_deep_for_any_parser_stays_text_and_costs_no_other(
    before: list[Any], after: list[Any], indent: int | str | None, escaped: bool
) -> None:
    rows = [*before, "the deep one", *after]
    page = {"first_id": "]", "data": rows, "has_more": True, "last_id": '"}]'}
    text = json.dumps(page, indent=indent, ensure_ascii=escaped)
    expected = json.loads(text)["data"]
    parsed = parse_page(text.encode("utf-8", "surrogatepass").replace(b'"the deep one"', DEEP, 1))
    place = len(before)
    assert isinstance(parsed.items[place], str)
    assert same(parsed.items[:place] + parsed.items[place + 1 :], exact(expected[:place] + expected[place + 1 :]))
    assert (parsed.has_more, parsed.last_id) == (True, '"}]')
