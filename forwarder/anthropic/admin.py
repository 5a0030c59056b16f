"""The Admin API: lists of keys, people and workspaces, and reports of tokens, cost and Claude Code.

Facts (Admin API reference): lists are paged by `after_id` with up to 1,000 objects, reports by `page`; no order of
lists is documented; 100 requests a minute an organization.
"""

from collections.abc import Iterator
from typing import Any

from forwarder.anthropic.client import Client, Params
from forwarder.anthropic.json_pages import parse_object, parse_page
from forwarder.errors import Retry

ORGANIZATION = "/v1/organizations"
PAGE = 1000


class AdminApi:
    """The Admin API under one key."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def organization(self) -> str | None:
        """The organization's UUID. Asking says besides what time it is, and whether the key is still good.

        Raises as `Client.get` does.
        """
        uuid = parse_object(self.client.get(f"{ORGANIZATION}/me", ()).body).get("id")
        return uuid if isinstance(uuid, str) and uuid else None

    def whole(self, path: str, params: Params = ()) -> Iterator[Any]:
        """Every object of a list, page by page. Whoever has not come to the end has no whole list.

        Raises as `Client.get` and `parse_page` do.
        """
        return self._pages(path, (*params, ("limit", str(PAGE))), "after_id", "last_id")

    def report(self, path: str, params: Params) -> Iterator[Any]:
        """Every bucket or row of a report. Raises as `Client.get` and `parse_page` do."""
        return self._pages(path, params, "page", "next_page")

    def _pages(self, path: str, params: Params, asked: str, answered: str) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            going_on = () if cursor is None else ((asked, cursor),)
            page = parse_page(self.client.get(f"{ORGANIZATION}/{path}", (*params, *going_on)).body, answered)
            yield from page.items
            if not page.has_more:
                return
            if page.last_id == cursor or not page.items:
                raise Retry(f"{path} does not go on behind {cursor!r:.60}: it says that there is more and gives none")
            cursor = page.last_id
