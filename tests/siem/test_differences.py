"""Rows are compared by value, not by the text of a search head; deployed content is compared with the shipped one."""

from typing import Any

import pytest

from forwarder.siem.differences import definition_differences, row_difference

SAME: list[tuple[Any, Any]] = [
    ("3", 3.0),
    ("3.000", 3),
    ("-1.5e3", -1500),
    ("33.33333333333333", 100 / 3),
    ("1776211200.123000", 1776211200.123),
    ("2026-04-15T12:00:00.000+00:00", 1776254400),
    ("2026-04-15T14:00:00+0200", 1776254400.0),
    ("user_01Dana", "user_01Dana"),
    ("007", 7),
    (["a", "b"], ["a", "b"]),
    (["3"], 3),
    ("", None),
    ([], None),
]
OTHER: list[tuple[Any, Any, str]] = [
    ("4", 3, "v is 4 where 3 is expected, in k=1, v=3"),
    ("3.0001", 3, "v is 3.0001 where 3 is expected"),
    ("1776211200.124", 1776211200.123, "v is 1776211200.124 where 1776211200.123 is expected"),
    ("", 3, "v is empty where 3 is expected"),
    ("x", None, "v is x where empty is expected"),
    ("three", 3, "v is three where 3 is expected"),
    ("1_000", 1000, "v is 1_000 where 1000 is expected"),
    ("nan", 0, "v is nan where 0 is expected"),
    (["a", "b"], "a", "v is ['a', 'b'] where a is expected"),
]


@pytest.mark.parametrize(("found", "expected"), SAME)
def test_text_and_number_with_the_same_value_are_equal(found: Any, expected: Any) -> None:
    assert row_difference([{"k": "1", "v": found, "_time": "x"}], [{"k": 1, "v": expected}]) is None


@pytest.mark.parametrize(("found", "expected", "words"), OTHER)
def test_the_first_value_that_differs_is_reported(found: Any, expected: Any, words: str) -> None:
    assert str(row_difference([{"k": "1", "v": found}], [{"k": 1, "v": expected}])).startswith(words)


def test_the_order_of_rows_does_not_matter_and_their_number_does() -> None:
    one, two = {"k": "1"}, {"k": "2"}
    assert row_difference([two, one], [one, two]) is None
    assert row_difference([one], [one, two]) == "1 rows where 2 are expected; missing: k=2"
    assert row_difference([one, two, two], [one, two]) == "3 rows where 2 are expected; unexpected: k=2"
    assert row_difference([one, one], [one, two]) == "k is 1 where 2 is expected, in k=2"
    assert row_difference([], []) is None


def test_a_definition_that_is_missing_or_differs_is_noted_with_short_texts_only() -> None:
    shipped = {"same": "a  | b", "short": "3.0", "long": "x" * 61, "missing": "1"}
    deployed = {"same": "a |\nb", "short": "4.0", "long": "y", "own": "2"}
    assert list(definition_differences("macro", "on the server", deployed, shipped)) == [
        "macro short differs from the shipped one: '4.0', shipped '3.0'",
        "macro long differs from the shipped one",
        "macro missing is missing on the server",
    ]
