"""`GET /v1/compliance/activities`: one page of the Activity Feed (page: List activities).

Facts: default order newest first; `order=asc` is newer and may be ignored; `after_id` goes on in the order of
the answer; `limit` up to 5,000; ranges are half-open by `created_at.gte` and `created_at.lt`.
"""

from datetime import UTC, datetime, timedelta

from forwarder.anthropic.client import Client
from forwarder.anthropic.json_pages import parse_page
from forwarder.errors import WindowChanged
from forwarder.records import Page, Window

PATH = "/v1/compliance/activities"
PAGE = 1000
"""Rows asked for at once. Larger pages are no quicker to handle and take five times the memory."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(time_us: int) -> str:
    """Microseconds since 1970 as the API writes times."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ActivityFeed:
    """The feed under one key, for some organizations, without some types."""

    def __init__(
        self, client: Client, organizations: tuple[str, ...] = (), exclude_types: tuple[str, ...] = ()
    ) -> None:
        self.client = client
        self._filter = [("organization_ids[]", o) for o in organizations]
        self._filter += [("exclude_activity_types[]", t) for t in exclude_types]
        self._order = [("order", "asc")]

    def page(self, window: Window, after_id: str | None, limit: int = PAGE) -> Page:
        """One page of `window`, oldest first where the server can. Raises as `Client.get` and `parse_page` do."""
        bounds = [("created_at.gte", rfc3339(window.start_us)), ("created_at.lt", rfc3339(window.end_us))]
        params = [*bounds, ("limit", str(limit)), *self._filter]
        if after_id is not None:
            return parse_page(self.client.get(PATH, [*params, *self._order, ("after_id", after_id)]).body)
        try:
            return parse_page(self.client.get(PATH, [*params, *self._order]).body)
        except WindowChanged:
            if not self._order:
                raise
            page = parse_page(self.client.get(PATH, params).body)
            self._order = []
            return page

    def newest(self) -> Page:
        """The newest activity, as a page of at most one."""
        return parse_page(self.client.get(PATH, [("limit", "1"), *self._filter]).body)

    def learn_time(self) -> int:
        """The server's time in microseconds, asked for with the smallest call where it is not yet known."""
        if not self.client.clock.heard:
            self.newest()
        return self.client.clock.now_us()
