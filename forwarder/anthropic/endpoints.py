"""The endpoints that sources read: the Activity Feed, and the lists and reports of the Admin API.

Facts (List activities): default order newest first; `order=asc` is newer than the other parameters and may be
refused or ignored; `after_id` continues in the order of the response; `limit` up to 5,000; ranges are half-open by
`created_at.gte` and `created_at.lt`.
Facts (Admin API reference): lists are paged by `after_id` with up to 1,000 objects, reports by `page`; no order of
lists is documented; 100 requests a minute per organization.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from forwarder.anthropic.client import Client, Params
from forwarder.anthropic.json_pages import parse_object, parse_page
from forwarder.errors import Retry, WindowChanged
from forwarder.records import Page, Window

ACTIVITIES_PATH = "/v1/compliance/activities"
ORGANIZATION_PATH = "/v1/organizations"
PAGE = 1000
"""Rows or objects per request. Larger pages of activities are no faster and take five times the memory."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as the API writes timestamps."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ActivityFeed:
    """`GET /v1/compliance/activities` with one key, optionally limited to organizations and without some types."""

    def __init__(
        self, client: Client, organizations: tuple[str, ...] = (), exclude_types: tuple[str, ...] = ()
    ) -> None:
        self.client = client
        self._filter = [("organization_ids[]", o) for o in organizations]
        self._filter += [("exclude_activity_types[]", t) for t in exclude_types]
        self._order = [("order", "asc")]

    def page(self, window: Window, after_id: str | None, limit: int = PAGE) -> Page:
        """One page of `window`, oldest first if the server supports it. Raises as `Client.get` and `parse_page` do."""
        bounds = [("created_at.gte", rfc3339(window.start_us)), ("created_at.lt", rfc3339(window.end_us))]
        params = [*bounds, ("limit", str(limit)), *self._filter]
        if after_id is not None:
            return self._get([*params, *self._order, ("after_id", after_id)])
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

    def learn_time(self) -> int:
        """The server's time in microseconds; makes the smallest request if no response has been received yet."""
        if not self.client.clock.synchronized:
            self.newest()
        return self.client.clock.now_us()

    def _get(self, params: Params) -> Page:
        return parse_page(self.client.get(ACTIVITIES_PATH, params).body)


class AdminApi:
    """The Admin API with one key."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def organization(self) -> str | None:
        """The organization's UUID. The request also synchronizes the clock and proves the key.

        Raises as `Client.get` does.
        """
        uuid = parse_object(self.client.get(f"{ORGANIZATION_PATH}/me", ()).body).get("id")
        return uuid if isinstance(uuid, str) and uuid else None

    def list_objects(self, path: str, params: Params = ()) -> Iterator[Any]:
        """Every object of a list, page by page. Only an exhausted iterator is a complete list.

        Raises as `Client.get` and `parse_page` do.
        """
        return self._pages(path, (*params, ("limit", str(PAGE))), "after_id", "last_id")

    def report(self, path: str, params: Params) -> Iterator[Any]:
        """Every bucket or row of a report. Raises as `Client.get` and `parse_page` do."""
        return self._pages(path, params, "page", "next_page")

    def _pages(self, path: str, params: Params, cursor_parameter: str, cursor_field: str) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            continuation = () if cursor is None else ((cursor_parameter, cursor),)
            body = self.client.get(f"{ORGANIZATION_PATH}/{path}", (*params, *continuation)).body
            page = parse_page(body, cursor_field)
            yield from page.items
            if not page.has_more:
                return
            if page.last_id == cursor or not page.items:
                raise Retry(f"{path}: `has_more` is true but cursor {cursor!r:.60} returns no further objects")
            cursor = page.last_id
