"""Refusals of the Admin API in the shape of the page "Errors" of the Claude API, as a table.

The message texts are UNCONFIRMED but for the first (read an error's type, never its text).
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from forwarder.simulator.http import Answer
from forwarder.simulator.server import json_answer


class _Refusal(NamedTuple):
    status: int
    type: str
    message: str


_REFUSALS = {
    "missing scopes": _Refusal(403, "permission_error", "Missing required scopes. Got: {got} Needed: {needed}"),
    "invalid request": _Refusal(400, "invalid_request_error", "{message}"),
    "not found": _Refusal(404, "not_found_error", "The requested resource could not be found."),
    "method not allowed": _Refusal(405, "invalid_request_error", "Method not allowed."),
    "rate limited": _Refusal(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 100 Admin API requests per minute.",
    ),
}


class InvalidParameterError(Exception):
    """A parameter is refused with 400 `invalid_request_error`; the text is the message."""


def refusal(name: str, headers: Mapping[str, str] | None = None, /, **values: Any) -> Answer:
    """The named refusal, its `request_id` still to come (see `with_request_id`)."""
    chosen = _REFUSALS[name]
    error = {"type": chosen.type, "message": chosen.message.format(**values)}
    return json_answer(chosen.status, {"type": "error", "error": error}, headers)


def with_request_id(answer: Answer, request_id: str) -> Answer:
    """An error as the Claude API shapes it, `{"type": "error", "error": …, "request_id": …}`; others unchanged.

    The faults and refusals that the feed shares with the Admin API come in the shorter shape of the Compliance API.
    """
    if answer.status < 400:
        return answer
    body = {"type": "error", "error": json.loads(answer.body)["error"], "request_id": request_id}
    return answer._replace(body=json.dumps(body).encode())
