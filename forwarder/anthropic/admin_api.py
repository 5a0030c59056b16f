"""The lists and reports of the Admin API, page by page.

Facts (Admin API reference): lists are paged by `after_id` with up to 1,000 objects, reports by `page`; no order of
lists is documented; 100 requests a minute per organization.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from forwarder.anthropic.client import Client, Params
from forwarder.anthropic.json_pages import parse_object, parse_page
from forwarder.anthropic.paging import Continuation, Paging

ORGANIZATION_PATH = "/v1/organizations"
PAGE = 1000
"""Objects per request."""
Parsed = TypeVar("Parsed")


class AdminApi:
    """The Admin API with one key."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.answered = 0
        """Requests so far that were answered as documented."""

    def organization(self) -> str | None:
        """The organization's UUID. The request also synchronizes the clock and proves the key.

        Raises as `Client.read` does.
        """
        uuid = self._read("me", (), parse_object).get("id")
        return uuid if isinstance(uuid, str) and uuid else None

    def list_objects(self, path: str, params: Params = ()) -> Iterator[Any]:
        """Every object of a list, page by page. Only an exhausted iterator is a complete list.

        Raises as `Client.read`, `parse_page` and `Paging.after` do.
        """
        return self._pages(path, (*params, ("limit", str(PAGE))))

    def report(self, path: str, params: Params) -> Iterator[Any]:
        """Every bucket or row of a report. Raises as `list_objects` does."""
        return self._pages(path, params)

    def _pages(self, path: str, params: Params) -> Iterator[Any]:
        paging = Paging(path)
        continuation: Continuation | None = None
        while True:
            page = self._read(path, params if continuation is None else (*params, continuation), parse_page)
            yield from page.items
            if not page.has_more:
                return
            continuation = paging.after(page)

    def _read(self, path: str, params: Params, parse: Callable[[bytes], Parsed]) -> Parsed:
        parsed = self.client.read(f"{ORGANIZATION_PATH}/{path}", params, parse)
        self.answered += 1
        return parsed
