"""Faults of lists and reports by name; the fault's `path` restricts it to a path.

A list that fails half way is the feed's `server-error`, or `truncated-body`, with `skip=1` (`feed_faults`, `faults`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from forwarder.simulator.admin.api import refusal
from forwarder.simulator.admin.lists import LISTS, object_id
from forwarder.simulator.admin.objects import ConsoleObject, SimulatedList
from forwarder.simulator.admin.organization import ConsoleOrganization, list_order
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request

_CURSORS = ("after_id", "before_id", "page")
PageBody = dict[str, Any]


def cursor_refused(fault: Fault, request: Request, serve: Serve) -> Answer:
    """400 for a page after the first; a first page is returned unchanged (and counts as one use of the fault)."""
    for name, value in request.query:
        if name in _CURSORS:
            return refusal("invalid request", message=f"{name}: {value} is unknown")
    return serve()


def _edited(change: Callable[[PageBody], None]) -> Effect:
    def effect(fault: Fault, request: Request, serve: Serve) -> Answer:
        answer = serve()
        if answer.status != 200:
            return answer
        page = json.loads(answer.body)
        change(page)
        return answer._replace(body=json.dumps(page).encode())

    return effect


def _emptied(page: PageBody) -> None:
    """No objects or buckets although `has_more` is true; a report's `next_page` is kept."""
    page["data"], page["has_more"] = [], True


def _reversed(page: PageBody) -> None:
    """Newest bucket first."""
    page["data"].reverse()


def _inside_out(page: PageBody) -> None:
    """The first bucket ends before it starts."""
    for bucket in page["data"][:1]:
        bucket["starting_at"], bucket["ending_at"] = bucket["ending_at"], bucket["starting_at"]


def _with_unknown(page: PageBody) -> None:
    """Unknown fields of every type, in the page and in each of its objects and results."""
    for item in page["data"]:
        for one in (item, *item.get("results", ())):
            one.update({"future_text": "new", "future_object": {"a": [1, None]}, "future_number": 7})
    page["future_page_field"] = True


def _nameless(page: PageBody) -> None:
    """The first object has no id."""
    for item in page["data"][:1]:
        item.pop("id", None)
        item.pop("user_id", None)


def _counts(change: Callable[[int], Any], amount: Callable[[str], Any]) -> Callable[[PageBody], None]:
    """Apply `change` to every count and `amount` to every decimal `amount`."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            cents = {"amount": amount(value["amount"])} if isinstance(value.get("amount"), str) else {}
            return {name: walk(inner) for name, inner in value.items()} | cents
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return change(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def edit(page: PageBody) -> None:
        page["data"] = walk(page["data"])

    return edit


def effects(organization_of: Callable[[], ConsoleOrganization]) -> Mapping[str, Effect]:
    """All by name. `organization_of` is called when a fault happens."""

    def shrinks(fault: Fault, request: Request, serve: Serve) -> Answer:
        """On a later page: `count` (1) of the next objects are removed before it is returned."""
        organization = organization_of()
        for one in _after_cursor(organization, request)[: fault.settings.get("count", 1)]:
            organization.remove(type(one), one.id)
        return serve()

    def skipped(fault: Fault, request: Request, serve: Serve) -> Answer:
        """On a later page: the cursor's object is removed and the list moves up, so one object is never returned."""
        cursor = dict(request.query).get("after_id")
        if cursor is None:
            return serve()
        answer = _edited(_moved_up)(fault, request, serve)
        if answer.status == 200:
            organization_of().remove(_list_of(request).object_type, _object_id(request, cursor))
        return answer

    return {**_PLAIN, "list-shrinks": shrinks, "object-skipped": skipped}


def _moved_up(page: PageBody) -> None:
    del page["data"][:1]
    first = page["data"][0] if page["data"] else {}
    page["first_id"] = first.get("id", first.get("user_id"))
    if not page["data"]:
        page["last_id"] = None


def _after_cursor(organization: ConsoleOrganization, request: Request) -> list[ConsoleObject]:
    cursor = dict(request.query).get("after_id")
    if cursor is None:
        return []
    type_, prefix = _list_of(request).object_type, _object_id(request, "")
    edge = organization.position_of(type_, _object_id(request, cursor))
    left = [one for one in organization.listed(type_) if edge is not None and list_order(one) > edge]
    return [one for one in left if one.id.startswith(prefix)]


def _list_of(request: Request) -> SimulatedList:
    return LISTS[request.path.rsplit("/", 1)[-1]]


def _object_id(request: Request, cursor: str) -> str:
    return object_id([request.path.split("/")[-2]] if _list_of(request).parent else [], cursor)


_PLAIN: Mapping[str, Effect] = {
    "cursor-refused": cursor_refused,
    "empty-page-with-more": _edited(_emptied),
    "buckets-backwards": _edited(_reversed),
    "bucket-inside-out": _edited(_inside_out),
    "unknown-fields": _edited(_with_unknown),
    "object-without-id": _edited(_nameless),
    "counts-as-strings": _edited(_counts(str, str)),
    "counts-as-floats": _edited(_counts(lambda count: count + 0.5, float)),
    "counts-negative": _edited(_counts(lambda count: -count, lambda cents: f"-{cents}")),
}
