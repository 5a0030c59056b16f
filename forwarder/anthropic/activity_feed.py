"""The Activity Feed: its pages, and a window of it page by page, also where the API refuses to go on.

Facts (List activities): default order newest first; `order=asc` is newer than the other parameters and may be
refused or ignored; `after_id` continues in the order of the response, and may no longer be accepted (400); `limit` up
to 5,000; ranges are half-open by `created_at.gte` and `created_at.lt`. A gateway may give up on deep pages (502, 504),
and do so for ever.

Invariants:
- Cursors are followed only inside one walk.
- Where a page fails that came after others, what is left of the window by the time of the last row is walked anew.
  Rows of equal time come again then; their ids are known.
- A walk that gets no further fails. As `Unreadable` only while other requests are answered: the rest of the feed can
  be read. Pages without end stop a walk (`paging`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from forwarder.anthropic.client import Client, Params
from forwarder.anthropic.clock import ClockReading
from forwarder.anthropic.json_pages import parse_page
from forwarder.anthropic.paging import Continuation, Paging
from forwarder.errors import Reject, Retry, Stopping, WindowChanged
from forwarder.records import OPEN_END_US, Page, Window

ACTIVITIES_PATH = "/v1/compliance/activities"
PAGE = 1000
"""Rows per request. Larger pages are no faster and take five times the memory."""
RESTARTS = 3
"""How often a window is begun anew without getting further in time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unreadable(Retry):
    """The API answers, but not for `rest`: what the walk left of its window."""

    def __init__(self, message: str, rest: Window) -> None:
        super().__init__(message)
        self.rest = rest


def _bounds(window: Window) -> Params:
    start = ("created_at.gte", rfc3339(window.start_us))
    return [start] if window.end_us >= OPEN_END_US else [start, ("created_at.lt", rfc3339(window.end_us))]


class ActivityFeed:
    """`GET /v1/compliance/activities` with one key, optionally limited to organizations and without some types."""

    def __init__(
        self, client: Client, organizations: tuple[str, ...] = (), exclude_types: tuple[str, ...] = ()
    ) -> None:
        self.client = client
        self.answered = 0
        """Requests so far that were answered with a page."""
        self._filter = [("organization_ids[]", o) for o in organizations]
        self._filter += [("exclude_activity_types[]", t) for t in exclude_types]
        self._order = [("order", "asc")]

    def page(self, window: Window, continuation: Continuation | None, limit: int = PAGE) -> Page:
        """One page of `window`, oldest first if the server supports it. Raises as `Client.read` and `parse_page` do."""
        params = [*_bounds(window), ("limit", str(limit)), *self._filter]
        if continuation is not None:
            return self._get([*params, *self._order, continuation])
        try:
            return self._get([*params, *self._order])
        except WindowChanged:
            if not self._order:
                raise
            page = self._get(params)
            self._order = []
            return page

    def newest(self) -> Page:
        """The newest activity, as a page of at most one."""
        return self._get([("limit", "1"), *self._filter])

    def learn_time(self) -> ClockReading:
        """What time it is; makes the smallest request if no good answer has been received yet."""
        if not self.client.clock.synchronized:
            self.newest()
        return self.client.clock.reading()

    def _get(self, params: Params) -> Page:
        page = self.client.read(ACTIVITIES_PATH, params, parse_page)
        self.answered += 1
        return page


def walk(feed: ActivityFeed, window: Window) -> Iterator[Page]:
    """The window's pages; only the last has no more. Raises `Unreadable`, and as `ActivityFeed.page` does."""
    rest, restarts = window, 0
    while True:
        reached = _Reached(rest)
        try:
            yield from _pages(feed, rest, reached)
            return
        except _PageFailed as failed:
            left = reached.rest()
            restarts = 0 if left != rest else restarts + 1
            if restarts and (restarts > RESTARTS or not failed.may_pass):
                raise _fault(feed, rest, failed.error) from failed.error
            rest = left


class _PageFailed(Exception):
    """`error` came instead of a page. `may_pass`: the same window may be read if it is begun anew."""

    def __init__(self, error: Retry, may_pass: bool) -> None:
        super().__init__()
        self.error = error
        self.may_pass = may_pass


def _pages(feed: ActivityFeed, window: Window, reached: "_Reached") -> Iterator[Page]:
    paging: Paging | None = None
    continuation: Continuation | None = None
    while True:
        try:
            page = feed.page(window, continuation)
        except Stopping:
            raise
        except Retry as error:
            raise _PageFailed(error, continuation is not None and isinstance(error, WindowChanged)) from error
        reached.take(page.items)
        yield page
        if not page.has_more:
            return
        paging = paging or Paging("activities")
        continuation = paging.after(page)


def _fault(feed: ActivityFeed, rest: Window, error: Retry) -> Retry:
    """The error itself where nothing can be read now; `Unreadable` where it is this window. Raises as `newest`."""
    try:
        feed.newest()
    except Retry:
        return error
    return Unreadable(str(error), rest)


class _Reached:
    """How far in time the pages of a window came. Rows may come oldest first or newest first."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._last: int | None = None
        self._ascends = self._descends = True

    def take(self, items: list[Any]) -> None:
        """The next page's items."""
        for item in items:
            try:
                created_us = read_time(item.get("created_at") if isinstance(item, dict) else None)
            except Reject:
                continue
            if self._last is not None:
                self._ascends &= created_us >= self._last
                self._descends &= created_us <= self._last
            self._last = created_us

    def rest(self) -> Window:
        """What is left of the window; all of it where the rows have no order, or one time."""
        start_us, end_us = self._window
        if self._last is None or self._ascends == self._descends:
            return self._window
        if self._ascends:
            return Window(min(max(start_us, self._last), end_us - 1), end_us)
        return Window(start_us, max(min(end_us, self._last + 1), start_us + 1))


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as the API writes timestamps."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: Any) -> int:
    """Microseconds since 1970 of an RFC 3339 timestamp. Raises `Reject` for anything else and without a time zone."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        time = _unusual_time(text)
    if time.tzinfo is None:
        raise Reject("bad-created-at", f"`created_at` {text!r:.80} has no time zone")
    return (time - _EPOCH) // _MICROSECOND


def _unusual_time(text: Any) -> datetime:
    """RFC 3339 allows lower case and leap seconds, which the standard library does not read."""
    try:
        return datetime.fromisoformat(text.upper().replace(":60", ":59"))
    except (AttributeError, TypeError, ValueError):
        raise Reject("bad-created-at", f"`created_at` is {text!r:.80}, not an RFC 3339 time") from None
