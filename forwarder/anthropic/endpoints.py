"""The lists and reports of the Admin API, page by page.

Facts (Admin API reference): lists are paged by `after_id` with up to 1,000 objects, reports by `page`; no order of
lists is documented; 100 requests a minute per organization.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from forwarder.anthropic.client import Client, Params
from forwarder.anthropic.json_pages import parse_object, parse_page
from forwarder.errors import Retry

ACTIVITIES_PATH = "/v1/compliance/activities"
ORGANIZATION_PATH = "/v1/organizations"
PAGE = 1000
"""Rows or objects per request. Larger pages of activities are no faster and take five times the memory."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AdminApi:
    """The Admin API with one key."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def organization(self) -> str | None:
        """The organization's UUID. The request also synchronizes the clock and proves the key.

        Raises as `Client.read` does.
        """
        uuid = self.client.read(f"{ORGANIZATION_PATH}/me", (), parse_object).get("id")
        return uuid if isinstance(uuid, str) and uuid else None

    def list_objects(self, path: str, params: Params = ()) -> Iterator[Any]:
        """Every object of a list, page by page. Only an exhausted iterator is a complete list.

        Raises as `Client.read` and `parse_page` do.
        """
        return self._pages(path, (*params, ("limit", str(PAGE))), "after_id", "last_id")

    def report(self, path: str, params: Params) -> Iterator[Any]:
        """Every bucket or row of a report. Raises as `Client.read` and `parse_page` do."""
        return self._pages(path, params, "page", "next_page")

    def _pages(self, path: str, params: Params, cursor_parameter: str, cursor_field: str) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            continuation = () if cursor is None else ((cursor_parameter, cursor),)
            parse = partial(parse_page, cursor=cursor_field)
            page = self.client.read(f"{ORGANIZATION_PATH}/{path}", (*params, *continuation), parse)
            yield from page.items
            if not page.has_more:
                return
            if page.last_id == cursor or not page.items:
                raise Retry(f"{path}: `has_more` is true but cursor {cursor!r:.60} returns no further objects")
            cursor = page.last_id
