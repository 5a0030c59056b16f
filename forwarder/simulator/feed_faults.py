"""What can go wrong between the forwarder and Anthropic, by name. See `faults.COMMON` for the rest."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forwarder.simulator.clock import micros
from forwarder.simulator.faults import Effect, Fault, Serve, proxy_page
from forwarder.simulator.feed_answers import error
from forwarder.simulator.http import Answer, Request

_JUNK: list[Any] = [None, 17, "a string", [], {}, {"id": ""}, {"id": 5, "type": None}]


def rate_limited(fault: Fault, request: Request, serve: Serve) -> Answer:
    """429 with `retry-after` (setting `retry_after`, seconds, 1 unless said; `None` leaves the header out)."""
    after = fault.settings.get("retry_after", 1)
    spent = {"anthropic-ratelimit-requests-remaining": "0"}
    return error("rate limited", spent if after is None else {**spent, "retry-after": str(after)})


def deterministic_error(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A 500 that says that trying again is of no use."""
    return error("server error", {"x-should-retry": "false"})


def garbage_body(fault: Fault, request: Request, serve: Serve) -> Answer:
    """200 whose body is no JSON."""
    return Answer(200, b'{"data":[{"id":"activity_', {"content-type": "application/json"})


def junk_items(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A good page with items among its rows that are no activities."""
    return _edit(serve(), lambda data: [*_JUNK, *data])


def repeated_rows(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A good page that holds each of its rows twice."""
    return _edit(serve(), lambda data: [*data, *data])


def cursor_expired(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The cursor of the request is no longer known; a request without one is answered well."""
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


def created_us(activity: dict[str, Any] | str, fallback: int) -> int:
    """Where an activity stands in time: its `created_at`, or `fallback` where that cannot be read."""
    try:
        value = json.loads(activity) if isinstance(activity, str) else activity
        return micros(datetime.fromisoformat(value["created_at"]))
    except (ValueError, KeyError, TypeError):
        return fallback
