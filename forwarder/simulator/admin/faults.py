"""What can go wrong with lists and reports, by name; restrict each to a path with the fault's `path`.

A list that fails half way is the feed's `server-error`, or `truncated-body`, with `skip=1` (`feed_faults`, `faults`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from forwarder.simulator.admin.answers import refusal
from forwarder.simulator.admin.lists import LISTS
from forwarder.simulator.admin.objects import Member, Thing
from forwarder.simulator.admin.organization import Organization
from forwarder.simulator.admin.timeline import place
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request

_CURSORS = ("after_id", "before_id", "page")
Page = dict[str, Any]


def cursor_refused(fault: Fault, request: Request, serve: Serve) -> Answer:
    """400 for a page after the first; a first page is answered well (and uses the fault up)."""
    for name, value in request.query:
        if name in _CURSORS:
            return refusal("invalid request", message=f"{name}: {value} is unknown")
    return serve()


def _edited(change: Callable[[Page], None]) -> Effect:
    def effect(fault: Fault, request: Request, serve: Serve) -> Answer:
        answer = serve()
        if answer.status != 200:
            return answer
        page = json.loads(answer.body)
        change(page)
        return answer._replace(body=json.dumps(page).encode())

    return effect


def _emptied(page: Page) -> None:
    """No objects or buckets, and the promise of more; a report's `next_page` is kept where there is one."""
    page["data"], page["has_more"] = [], True


def _reversed(page: Page) -> None:
    """Newest bucket first."""
    page["data"].reverse()


def _inside_out(page: Page) -> None:
    """The first bucket ends before it starts."""
    for bucket in page["data"][:1]:
        bucket["starting_at"], bucket["ending_at"] = bucket["ending_at"], bucket["starting_at"]


def _with_unknown(page: Page) -> None:
    """Fields that nobody knows yet, of every kind, in the page and in each of its objects and results."""
    for item in page["data"]:
        for one in (item, *item.get("results", ())):
            one.update({"future_text": "new", "future_object": {"a": [1, None]}, "future_figure": 7})
    page["future_page_field"] = True


def _nameless(page: Page) -> None:
    """The first object has no id."""
    for item in page["data"][:1]:
        item.pop("id", None)
        item.pop("user_id", None)


def _figures(change: Callable[[int], Any], amount: Callable[[str], Any]) -> Callable[[Page], None]:
    """Change every count by `change` and every decimal `amount` by `amount`."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            cents = {"amount": amount(value["amount"])} if isinstance(value.get("amount"), str) else {}
            return {name: walk(inner) for name, inner in value.items()} | cents
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return change(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def edit(page: Page) -> None:
        page["data"] = walk(page["data"])

    return edit


def effects(organization_of: Callable[[], Organization]) -> Mapping[str, Effect]:
    """All by name. `organization_of` is asked when a fault happens."""

    def shrinks(fault: Fault, request: Request, serve: Serve) -> Answer:
        """On a later page: `count` (1) objects that were to come are removed before it is served."""
        organization = organization_of()
        for thing in _after_cursor(organization, request)[: fault.settings.get("count", 1)]:
            organization.remove(type(thing), thing.id)
        return serve()

    def skipped(fault: Fault, request: Request, serve: Serve) -> Answer:
        """On a later page: the cursor's object is removed and the list moves up: one that is there is never shown."""
        cursor = dict(request.query).get("after_id")
        if cursor is None:
            return serve()
        answer = _edited(_moved_up)(fault, request, serve)
        if answer.status == 200:
            organization_of().remove(LISTS[_list_name(request)].type, _object_id(request, cursor))
        return answer

    return {**_PLAIN, "list-shrinks": shrinks, "object-skipped": skipped}


def _moved_up(page: Page) -> None:
    del page["data"][:1]
    first = page["data"][0] if page["data"] else {}
    page["first_id"] = first.get("id", first.get("user_id"))
    if not page["data"]:
        page["last_id"] = None


def _after_cursor(organization: Organization, request: Request) -> list[Thing]:
    cursor = dict(request.query).get("after_id")
    if cursor is None:
        return []
    type_ = LISTS[_list_name(request)].type
    edge = organization.place_of(type_, _object_id(request, cursor))
    there = [thing for thing in organization.listed(type_) if edge is not None and place(thing) > edge]
    return [thing for thing in there if not isinstance(thing, Member) or thing.workspace_id in request.path]


def _list_name(request: Request) -> str:
    return request.path.rsplit("/", 1)[-1]


def _object_id(request: Request, cursor: str) -> str:
    return f"{request.path.split('/')[-2]}/{cursor}" if _list_name(request) == "members" else cursor


_PLAIN: Mapping[str, Effect] = {
    "cursor-refused": cursor_refused,
    "empty-page-with-more": _edited(_emptied),
    "buckets-backwards": _edited(_reversed),
    "bucket-inside-out": _edited(_inside_out),
    "unknown-fields": _edited(_with_unknown),
    "object-without-id": _edited(_nameless),
    "figures-as-strings": _edited(_figures(str, str)),
    "figures-as-floats": _edited(_figures(lambda count: count + 0.5, float)),
    "figures-negative": _edited(_figures(lambda count: -count, lambda cents: f"-{cents}")),
}
