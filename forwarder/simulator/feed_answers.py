"""Bodies of the Compliance API: a page of activities, and the documented errors as a table."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.simulator.http import Answer
from forwarder.simulator.rows import Row
from forwarder.simulator.server import json_answer


class _Refusal(NamedTuple):
    status: int
    type: str
    message: str


_REFUSALS = {
    "invalid request": _Refusal(400, "invalid_request_error", "{message}"),
    "bad cursor": _Refusal(400, "invalid_request_error", 'Invalid `{name}`. No activity found for `{name}` "{cursor}"'),
    "invalid key": _Refusal(401, "authentication_error", "The API key provided is invalid or has been revoked."),
    "missing scopes": _Refusal(403, "permission_error", "Missing required scopes. Got: {got} Needed: {needed}"),
    "not found": _Refusal(404, "not_found_error", "Not found."),
    "method not allowed": _Refusal(405, "invalid_request_error", "Method not allowed."),
    "rate limited": _Refusal(
        429,
        "rate_limit_error",
        "Compliance API rate limit of 600 requests per minute per parent organization has been exceeded."
        " Retry after the time indicated by the retry-after header.",
    ),
    "server error": _Refusal(500, "api_error", "Internal server error"),
    "overloaded": _Refusal(529, "overloaded_error", "Overloaded"),
}
"""Source: page "Errors" of the Compliance API."""


def error(name: str, headers: Mapping[str, str] | None = None, /, **values: Any) -> Answer:
    """The named error with its documented type and message."""
    refusal = _REFUSALS[name]
    body = {"error": {"type": refusal.type, "message": refusal.message.format(**values)}}
    return json_answer(refusal.status, body, headers)


def page_body(rows: list[Row], more: bool, first: str | None, last: str | None) -> bytes:
    """`{"data", "has_more", "first_id", "last_id"}`, the rows as they were issued; ids null on an empty page."""
    tail = orjson.dumps({"has_more": more, "first_id": first, "last_id": last})
    return b'{"data":[' + b",".join([row.text for row in rows]) + b"]," + tail[1:]
