"""The query of `GET /v1/compliance/activities`: every parameter, and the documented refusal of a wrong one."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from forwarder.simulator.clock import micros
from forwarder.simulator.feed_rows import FeedRow, PageRequest

OrderSupport = Literal["honoured", "ignored", "refused"]
"""How the API treats `order`: the newest honors it, an older one ignores it, another refuses the parameter."""

MAX_LIMIT = 5000
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class InvalidRequestError(Exception):
    """The request is refused with 400 `invalid_request_error`; the text is the message."""


class _Parameters:
    """The parameters of one request: single ones by name, repeated ones under their `name[]`."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def one(self, name: str) -> str | None:
        """The value of a parameter that comes once."""
        return next((value for key, value in self._pairs if key == name), None)

    def many(self, *names: str) -> frozenset[str]:
        """All values of a repeated parameter under any of its names."""
        return frozenset(value for key, value in self._pairs if key in names)


def page_request(
    pairs: list[tuple[str, str]], order: OrderSupport, visible: frozenset[str] | None = None
) -> PageRequest:
    """What the request asks for, within the organizations that its key may see. Raises `InvalidRequestError`."""
    query = _Parameters(pairs)
    after, before = query.one("after_id"), query.one("before_id")
    if after is not None and before is not None:
        raise InvalidRequestError("Only one of `after_id` and `before_id` may be provided.")
    start, end = _range(query)
    return PageRequest(start, end, _limit(query), _ascending(query, order), after, before, _matches(query, visible))


def _limit(query: _Parameters) -> int:
    text = query.one("limit")
    if text is None:
        return 100
    if not re.fullmatch(r"-?\d{1,9}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise InvalidRequestError(f"The limit parameter must be between 1 and {MAX_LIMIT}, inclusive. Got {text}.")
    return int(text)


def _ascending(query: _Parameters, support: OrderSupport) -> bool:
    order = query.one("order")
    if order is None or support == "ignored":
        return False
    if support == "refused":
        raise InvalidRequestError("Unknown query parameter: `order`.")
    if order not in ("asc", "desc"):
        raise InvalidRequestError(f'The `order` parameter must be "asc" or "desc". Got "{order}".')
    return order == "asc"


def _range(query: _Parameters) -> tuple[int, int]:
    starts = [_time(query, "gte", 0), _time(query, "gt", 1)]
    ends = [_time(query, "lt", 0), _time(query, "lte", 1)]
    return (
        max((t for t in starts if t is not None), default=0),
        min((t for t in ends if t is not None), default=2**62),
    )


def _time(query: _Parameters, bound: str, shift: int) -> int | None:
    text = query.one(f"created_at.{bound}")
    if text is None:
        return None
    try:
        if not _RFC3339.fullmatch(text):
            raise ValueError(text)
        return micros(datetime.fromisoformat(text.upper())) + shift
    except ValueError:
        raise InvalidRequestError(
            f"The `created_at.{bound}` parameter contains an invalid timestamp format. Timestamps must be"
            f' provided in RFC 3339 format e.g., "2024-03-01T00:00:00Z". Got "{text}".'
        ) from None


def _matches(query: _Parameters, visible: frozenset[str] | None) -> Callable[[FeedRow], bool] | None:
    types, excluded = query.many("activity_types[]"), query.many("exclude_activity_types[]")
    if types and excluded:
        raise InvalidRequestError("Only one of `activity_types[]` and `exclude_activity_types[]` may be provided.")
    actors = query.many("actor_ids[]", "user_ids[]")
    organizations = query.many("organization_ids[]")
    if not (types or excluded or actors or organizations or visible is not None):
        return None

    def matches(row: FeedRow) -> bool:
        return (
            (not types or row.type in types)
            and row.type not in excluded
            and (not actors or row.user_id in actors)
            and (not organizations or bool(organizations & _names(row)))
            and (visible is None or row.organization_uuid in visible)
        )

    return matches


def _names(row: FeedRow) -> set[Any]:
    return {row.organization_id, row.organization_uuid} - {None}
