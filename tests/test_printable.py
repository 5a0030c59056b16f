"""Text from outside on terminals, in JSON and in CSV cells."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.printable import csv_cell, csv_value, printable, printable_json, printable_lines

CONTROLS = ("\n", "\r", "\t", "\x1b[2J", "\x9b2J", "\x07", "\x7f", "\x85")
INVISIBLE = ("\u2028", "\u2029", "\u202e", "\u2066", "\u200b")
HOSTILE = (*CONTROLS, *INVISIBLE)


@pytest.mark.parametrize("text", HOSTILE, ids=[text.encode("unicode_escape").decode() for text in HOSTILE])
def test_nothing_steers_a_terminal_or_begins_a_line(text: str) -> None:
    assert printable(f"a{text}ok    b").isprintable()
    assert printable_lines(f"a{text}b").replace("\n", "").isprintable()
    encoded = printable_json(json.dumps({"a": text}, ensure_ascii=False))
    assert encoded.isprintable()
    assert json.loads(encoded) == {"a": text}


def test_readable_text_stays_as_it_is() -> None:
    for text in ("plain", "Größe × 2 … 日本語", "emoji 🙂"):
        assert printable(text) == csv_cell(text) == text


def test_lines_of_a_traceback_are_indented_below_their_event() -> None:
    assert printable_lines("Traceback\n  File\nok    forged") == "    Traceback\n      File\n    ok    forged"


@given(st.text())
def test_json_keeps_its_value(text: str) -> None:
    for ascii_only in (True, False):
        encoded = printable_json(json.dumps(text, ensure_ascii=ascii_only))
        assert encoded.isprintable()
        assert json.loads(encoded) == text


FORMULAS = ["=1+1", "+1", "-1", "@x", '=HYPERLINK("http://x")', "\t=1", " =1", "\r=1", "＝1", "'=1", "'quoted"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    cell = str(csv_cell(text))
    assert cell.startswith(("'", "\\"))
    assert cell.isprintable()


@given(st.text().filter(str.isprintable))
def test_a_cell_reads_back_as_what_was_in_it(text: str) -> None:
    assert csv_value(str(csv_cell(text))) == text


def test_numbers_and_what_a_person_wrote_stay() -> None:
    assert csv_cell(-300) == -300
    assert csv_value("'tis") == "'tis"
    assert csv_value("ann@example.com") == "ann@example.com"
    assert csv_cell("apikey_01") == "apikey_01"
