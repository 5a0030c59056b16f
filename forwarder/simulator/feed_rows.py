"""The rows of the feed: when each happened, when it can be seen, and the page next to a cursor.

Invariants: rows are ordered by `created_at`, then id; a row is not served before its `visible_us`; a page costs a
bisection and a slice, never a walk through the feed (unless a filter asks for it).
"""

import heapq
import json
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import orjson

from forwarder.simulator.clock import SimulatedClock

_FEW = 32
"""So many new rows are put in one by one; more are sorted in."""


class FeedRow(NamedTuple):
    """One activity: its place in the order first, then what filters look at, then its JSON text."""

    created_us: int
    id: str
    serial: int
    visible_us: int
    text: bytes
    type: str
    organization_id: str | None
    organization_uuid: str | None
    user_id: str | None

    def place(self) -> tuple[int, str, int]:
        """The row's place in ascending order."""
        return (self.created_us, self.id, self.serial)


class PageRequest(NamedTuple):
    """What a request asks for. Times are microseconds, the range half-open. `matches=None` takes every row."""

    start_us: int = 0
    end_us: int = 2**62
    limit: int = 100
    ascending: bool = False
    after: str | None = None
    before: str | None = None
    matches: Callable[[FeedRow], bool] | None = None


class UnknownCursorError(Exception):
    """No visible row has this cursor."""


class FeedRows:
    """All rows of the account, hidden and visible."""

    def __init__(self, clock: SimulatedClock, *, opaque_cursors: bool = False) -> None:
        self._clock = clock
        self._opaque = opaque_cursors
        self._hidden: list[tuple[int, int, FeedRow]] = []
        self._visible: list[FeedRow] = []
        self._cursors: dict[str, FeedRow] = {}
        self._serial = 0
        self._organizations: dict[str, dict[str, str]] = {}

    def add(self, visible_us: int, created_us: int, activity: dict[str, Any] | str) -> None:
        """Add an activity, as an object or as JSON text that an object could not express."""
        self._serial += 1
        row = _row(self._serial, visible_us, created_us, activity)
        heapq.heappush(self._hidden, (visible_us, row.serial, row))
        if row.organization_uuid and row.organization_uuid not in self._organizations:
            number = len(self._organizations) + 1
            self._organizations[row.organization_uuid] = {
                "uuid": row.organization_uuid,
                "name": f"Example organization {number}",
                "created_at": "2025-06-01T10:00:00Z",
            }

    def organizations(self) -> list[dict[str, str]]:
        """The organizations that rows name, as the organizations list has them."""
        return list(self._organizations.values())

    def visible(self) -> list[FeedRow]:
        """Every row that can be seen now, oldest first. Not to be changed."""
        now = self._clock.now_us()
        fresh = []
        while self._hidden and self._hidden[0][0] <= now:
            fresh.append(heapq.heappop(self._hidden)[2])
        if fresh:
            self._merge(fresh)
            self._cursors.update((self.cursor_of(row), row) for row in fresh)
        return self._visible

    def _merge(self, fresh: list[FeedRow]) -> None:
        if len(fresh) < _FEW:
            for row in fresh:
                insort(self._visible, row)
        else:
            self._visible.extend(fresh)
            self._visible.sort()

    def cursor_of(self, row: FeedRow) -> str:
        """The cursor of a row: its id, as in the documented samples, or an opaque token."""
        token = f"cursor_{row.serial * 2_654_435_761 % 2**32:08x}"
        return token if self._opaque or not row.id or not row.id.isascii() else row.id

    def hidden_count(self) -> int:
        """Rows still to become visible."""
        self.visible()
        return len(self._hidden)

    def page(self, request: PageRequest) -> tuple[list[FeedRow], bool]:
        """Rows in the order asked for, and whether more lie beyond them in the direction of the walk."""
        rows = self.visible()
        low, high = self._bounds(rows, request)
        newest_part = request.ascending is (request.before is not None)
        step = _take_newest if newest_part else _take_oldest
        taken, more = step(rows, low, high, request)
        return (taken if request.ascending else taken[::-1]), more

    def passed(self, request: PageRequest) -> int:
        """How many rows of the range lie before the page, in the direction of the walk: how deep the page is."""
        rows = self.visible()
        low, high = self._bounds(rows, request)
        start, end = bisect_left(rows, (request.start_us,)), bisect_left(rows, (request.end_us,))
        return low - start if request.ascending else end - high

    def _bounds(self, rows: list[FeedRow], request: PageRequest) -> tuple[int, int]:
        low, high = bisect_left(rows, (request.start_us,)), bisect_left(rows, (request.end_us,))
        cursor = request.before if request.after is None else request.after
        if cursor is None:
            return low, high
        place = bisect_left(rows, self._find(cursor).place())
        if request.ascending is (request.after is not None):
            return max(low, place + 1), high
        return low, min(high, place)

    def _find(self, cursor: str) -> FeedRow:
        try:
            return self._cursors[cursor]
        except KeyError:
            raise UnknownCursorError(cursor) from None


def page_body(rows: list[FeedRow], more: bool, first: str | None, last: str | None) -> bytes:
    """`{"data", "has_more", "first_id", "last_id"}`, the rows as they were issued; ids null on an empty page."""
    tail = orjson.dumps({"has_more": more, "first_id": first, "last_id": last})
    return b'{"data":[' + b",".join([row.text for row in rows]) + b"]," + tail[1:]


def _take_oldest(rows: list[FeedRow], low: int, high: int, request: PageRequest) -> tuple[list[FeedRow], bool]:
    if request.matches is None:
        return rows[low : min(high, low + request.limit)], high - low > request.limit
    found = _first(request, (rows[at] for at in range(low, high)))
    return found[: request.limit], len(found) > request.limit


def _take_newest(rows: list[FeedRow], low: int, high: int, request: PageRequest) -> tuple[list[FeedRow], bool]:
    if request.matches is None:
        return rows[max(low, high - request.limit) : max(low, high)], high - low > request.limit
    found = _first(request, (rows[at] for at in range(high - 1, low - 1, -1)))
    return found[: request.limit][::-1], len(found) > request.limit


def _first(request: PageRequest, rows: Iterable[FeedRow]) -> list[FeedRow]:
    found: list[FeedRow] = []
    for row in rows:
        if request.matches is None or request.matches(row):
            found.append(row)
            if len(found) > request.limit:
                break
    return found


def _row(serial: int, visible_us: int, created_us: int, activity: dict[str, Any] | str) -> FeedRow:
    text = activity if isinstance(activity, str) else json.dumps(activity, separators=(",", ":"))
    value = json.loads(activity) if isinstance(activity, str) else activity
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    actor = fields.get("actor")
    return FeedRow(
        created_us,
        _text(fields.get("id")) or "",
        serial,
        visible_us,
        text.encode("utf-8", "surrogatepass"),
        _text(fields.get("type")) or "",
        _text(fields.get("organization_id")),
        _text(fields.get("organization_uuid")),
        _text(actor.get("user_id")) if isinstance(actor, dict) else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
