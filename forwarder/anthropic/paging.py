"""From page to page of one list, to its end: what requests the next page, and when a list never ends.

Invariants:
- A list has one way to go on: the next page that it names, else behind its last object.
- A page may be short or empty. No cursor is requested twice, and no page with objects is taken twice under different
  cursors; so a list that leads back into itself, whatever its period, ends as `Retry` and never as a complete list.
- The number of pages, and of empty pages in a row, is bounded.
"""

from collections.abc import Hashable
from typing import Any

import orjson

from forwarder.errors import Retry
from forwarder.records import Page

MAX_PAGES = 20_000
"""Of one list or window: 20 million objects at 1,000 a page."""
MAX_EMPTY_PAGES = 100
"""In a row."""
Continuation = tuple[str, str]
"""The query parameter that requests the next page, and its value."""


class Paging:
    """The pages of one list that has more than one, in the order in which they came. `name` is for messages."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pages = 0
        self._empty = 0
        self._seen: set[Hashable] = set()

    def after(self, page: Page) -> Continuation:
        """What requests the page after `page`, which has more behind it. Raises `Retry` for a list without end."""
        self._pages += 1
        self._empty = 0 if page.items else self._empty + 1
        continuation = ("page", page.next_page) if page.next_page else ("after_id", str(page.last_id))
        if self._is_known(continuation) or (page.items and self._is_known(_fingerprint(page.items))):
            raise self._endless(f"page {self._pages} repeats one before it, cursor {continuation[1]!r:.60}")
        if self._empty > MAX_EMPTY_PAGES or self._pages > MAX_PAGES:
            raise self._endless(f"{self._pages} pages, the last {self._empty} of them empty, and still `has_more`")
        return continuation

    def _is_known(self, mark: Hashable) -> bool:
        known = mark in self._seen
        self._seen.add(mark)
        return known

    def _endless(self, detail: str) -> Retry:
        return Retry(
            f"{self._name}: the pages of the list never end ({detail}); nothing is lost, it is read again from its "
            f"first page; report it to Anthropic if it stays so"
        )


def _fingerprint(items: list[Any]) -> Hashable:
    """The same for the same objects in the same order: by their ids, or as a whole where one has none."""
    ids = tuple(item.get("id") if isinstance(item, dict) else None for item in items)
    if all(isinstance(one, str) for one in ids):
        return hash(ids)
    try:
        return hash(orjson.dumps(items))
    except orjson.JSONEncodeError:  # nested too deep to be written: like no other page
        return object()
