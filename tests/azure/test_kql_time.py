"""Queries at another time, as Microsoft's own parser would rewrite them; strings and comments stay the same."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.azure.kql import at_time, datetime_literal, tokens
from forwarder.errors import Reject
from tests.azure.kql_shipped import texts
from tests.kql.reading import Reading, readings

NOW = 1_776_254_400
THEN = "datetime(2026-04-15T12:00:00.000Z)"
_LETTERS = {"string": "s", "comment": "-", "space": "-", "word": "x", "sign": "x"}
QUERIES = {
    "T | where t > now()": f"T | where t > {THEN}",
    "T | where t between (ago(1d) .. now( ))": f"T | where t between (({THEN} - (1d)) .. {THEN} )",
    "print now(-1h), ago(ago(1d) - now())": f"print ({THEN} + (-1h)), ({THEN} - (({THEN} - (1d)) - {THEN}))",
    "T | where t > ago(iff(a == ')', 1d, x[0]))": f"T | where t > ({THEN} - (iff(a == ')', 1d, x[0])))",
    "T | where t > ago // of (\n (1d)": f"T | where t > ({THEN} // of (\n  - (1d))",
    "print a = 'ago(1d)', b = \"now()\" // now()": "print a = 'ago(1d)', b = \"now()\" // now()",
    'print @\'\\\', now(), @"a""now()"': f'print @\'\\\', {THEN}, @"a""now()"',
    "print @'\\', ago(1d), @'\\'": f"print @'\\', ({THEN} - (1d)), @'\\'",
    "print h'it\\'s now()', ```now()\n'```, now()": f"print h'it\\'s now()', ```now()\n'```, {THEN}",
    "let now = 1; T | extend ['ago'] = now | project ago": "let now = 1; T | extend ['ago'] = now | project ago",
    "T | where ingestion_time() < ago(1h) // ingestion_time()": (
        f"T | where CollectedTime < ({THEN} - (1h)) // ingestion_time()"
    ),
    "T | extend x_now(), fromnow()": "T | extend x_now(), fromnow()",
    'print dynamic({"a": "ago(1d)", "b": [1]})': 'print dynamic({"a": "ago(1d)", "b": [1]})',
}


@cache
def microsofts() -> dict[str, Reading]:
    return readings(texts() | {query: query for query in QUERIES}, THEN)


@pytest.mark.parametrize(("query", "moved"), QUERIES.items())
def test_calls_are_replaced_and_nothing_else(query: str, moved: str) -> None:
    assert at_time(query, NOW) == moved


@pytest.mark.parametrize("query", QUERIES)
def test_microsofts_parser_reads_the_same(query: str) -> None:
    assert at_time(query, NOW) == microsofts()[query].moved


def test_every_shipped_query_and_function_is_moved_as_microsofts_syntax_tree_says() -> None:
    assert len(texts()) > 75
    assert {name for name, text in texts().items() if at_time(text, NOW) != microsofts()[name].moved} == set()
    moved = [name for name, text in texts().items() if at_time(text, NOW) != text]
    assert len(moved) > 45


def test_strings_and_comments_of_every_shipped_text_begin_and_end_where_microsofts_lexer_says() -> None:
    for name, text in texts().items():
        ours = "".join(_LETTERS[token.kind] * len(token.text) for token in tokens(text))
        theirs = microsofts()[name].classes
        assert ours == theirs + "-" * (len(ours) - len(theirs)), name


@given(st.text(alphabet="ab \n'\"@h\\/`~([{}])$.,", max_size=40))
def test_no_character_is_lost(text: str) -> None:
    assert "".join(token.text for token in tokens(text)) == text


def test_a_timestamp_is_written_to_the_millisecond() -> None:
    assert datetime_literal(NOW + 0.25) == "datetime(2026-04-15T12:00:00.250Z)"


@pytest.mark.parametrize(
    ("query", "words"),
    [("print (now()", r"'\(' is never closed"), ("print ago(1d]", "']' closes none"), ("T)", r"'\)' closes none")],
)
def test_brackets_that_do_not_match_are_refused(query: str, words: str) -> None:
    with pytest.raises(Reject, match=words):
        at_time(query, NOW)
