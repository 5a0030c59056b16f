"""From page to page: one way to go on, no list without end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.anthropic import Paging
from forwarder.anthropic.paging import MAX_EMPTY_PAGES, MAX_PAGES
from forwarder.errors import Retry
from forwarder.records import Page


def page(cursor: str, *ids: str) -> Page:
    """A page with these objects and more behind it."""
    return Page([{"id": one} for one in ids], True, cursor)


def test_the_next_page_that_a_list_names_counts_before_its_last_object() -> None:
    assert Paging("users").after(Page([], True, "user_1")) == ("after_id", "user_1")
    assert Paging("users").after(Page([], True, "user_1", "page_2")) == ("page", "page_2")


@given(st.integers(0, 30), st.integers(1, 30), st.booleans(), st.booleans())
def test_a_list_that_leads_back_into_itself_is_noticed_whatever_its_period(
    before: int, period: int, same_cursors: bool, same_rows: bool
) -> None:
    paging = Paging("activities")
    with pytest.raises(Retry, match="pages of the list never end"):  # noqa: PT012  the number of steps is what is proven
        for number in range(before + 2 * period + MAX_EMPTY_PAGES + 2):
            place = number if number < before else before + (number - before) % period
            cursor = f"c{place if same_cursors else number}"
            row = f"a{place if same_rows else number}"
            paging.after(page(cursor, row) if same_cursors or same_rows else page(cursor))


def test_short_and_empty_pages_are_pages() -> None:
    paging = Paging("users")
    for number in range(5 * MAX_EMPTY_PAGES):
        rows = (f"a{number}",) if number % 50 == 0 else ()
        assert paging.after(page(f"c{number}", *rows)) == ("after_id", f"c{number}")


def test_rows_without_ids_are_compared_as_a_whole() -> None:
    paging = Paging("usage_report/messages")
    bucket: dict[str, Any] = {"starting_at": "2026-11-30T00:00:00Z", "results": [{"tokens": 1}]}
    paging.after(Page([bucket], True, None, "p1"))
    paging.after(Page([{**bucket, "results": [{"tokens": 2}]}], True, None, "p2"))
    with pytest.raises(Retry):
        paging.after(Page([bucket], True, None, "p3"))


def test_rows_that_are_nested_too_deep_to_be_compared_are_like_no_others() -> None:
    paging, deep = Paging("users"), list[Any]()
    for _ in range(900):
        deep = [deep]
    for number in range(3):
        assert paging.after(Page([{"x": deep}], True, f"c{number}"))


def test_the_number_of_pages_is_bounded() -> None:
    paging = Paging("activities")
    for number in range(MAX_PAGES):
        paging.after(page(f"c{number}", f"a{number}"))
    with pytest.raises(Retry):
        paging.after(page("c", "a"))
