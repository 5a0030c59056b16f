"""The documented errors of the Compliance API as a table, and the faults of the feed by name.

Source: page "Errors" of the Compliance API. Faults that every server can have are in `faults.COMMON`.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from forwarder.simulator.faults import Effect, Fault, Serve, proxy_page
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import json_answer


class _ApiError(NamedTuple):
    status: int
    type: str
    message: str


_ERRORS = {
    "invalid request": _ApiError(400, "invalid_request_error", "{message}"),
    "bad cursor": _ApiError(
        400, "invalid_request_error", 'Invalid `{name}`. No activity found for `{name}` "{cursor}"'
    ),
    "invalid key": _ApiError(401, "authentication_error", "The API key provided is invalid or has been revoked."),
    "missing scopes": _ApiError(403, "permission_error", "Missing required scopes. Got: {got} Needed: {needed}"),
    "not found": _ApiError(404, "not_found_error", "Not found."),
    "method not allowed": _ApiError(405, "invalid_request_error", "Method not allowed."),
    "rate limited": _ApiError(
        429,
        "rate_limit_error",
        "Compliance API rate limit of 600 requests per minute per parent organization has been exceeded."
        " Retry after the time indicated by the retry-after header.",
    ),
    "server error": _ApiError(500, "api_error", "Internal server error"),
    "overloaded": _ApiError(529, "overloaded_error", "Overloaded"),
}
"""Source: page "Errors" of the Compliance API."""


def error(name: str, headers: Mapping[str, str] | None = None, /, **values: Any) -> Answer:
    """The named error with its documented type and message."""
    refusal = _ERRORS[name]
    body = {"error": {"type": refusal.type, "message": refusal.message.format(**values)}}
    return json_answer(refusal.status, body, headers)


_JUNK: list[Any] = [None, 17, "a string", [], {}, {"id": ""}, {"id": 5, "type": None}]


def rate_limited(fault: Fault, request: Request, serve: Serve) -> Answer:
    """429 with `retry-after` (setting `retry_after`, seconds, default 1; `None` leaves the header out)."""
    after = fault.settings.get("retry_after", 1)
    spent = {"anthropic-ratelimit-requests-remaining": "0"}
    return error("rate limited", spent if after is None else {**spent, "retry-after": str(after)})


def deterministic_error(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A 500 with `x-should-retry: false`."""
    return error("server error", {"x-should-retry": "false"})


def garbage_body(fault: Fault, request: Request, serve: Serve) -> Answer:
    """200 whose body is no JSON."""
    return Answer(200, b'{"data":[{"id":"activity_', {"content-type": "application/json"})


def junk_items(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A normal page with items among its rows that are no activities."""
    return _edit(serve(), lambda data: [*_JUNK, *data])


def repeated_rows(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A normal page that holds each of its rows twice."""
    return _edit(serve(), lambda data: [*data, *data])


def cursor_expired(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The cursor of the request is no longer known; a request without one gets its normal answer."""
    for name, value in request.query:
        if name in ("after_id", "before_id"):
            return error("bad cursor", name=name, cursor=value)
    return serve()


def _edit(answer: Answer, change: Any) -> Answer:
    if answer.status != 200:
        return answer
    page = json.loads(answer.body)
    page["data"] = change(page["data"])
    return answer._replace(body=json.dumps(page).encode())


def _always(name: str) -> Effect:
    return lambda fault, request, serve: error(name)


EFFECTS: Mapping[str, Effect] = {
    "rate-limited": rate_limited,
    "server-error": _always("server error"),
    "deterministic-error": deterministic_error,
    "bad-gateway": proxy_page(502),
    "overloaded": _always("overloaded"),
    "garbage-body": garbage_body,
    "key-revoked": _always("invalid key"),
    "scope-removed": lambda fault, request, serve: error(
        "missing scopes", got=[], needed=["read:compliance_activities"]
    ),
    "junk-items": junk_items,
    "repeated-rows": repeated_rows,
    "cursor-expired": cursor_expired,
}
