"""The lists of the Admin API, paged by `after_id`, `before_id` and `limit`."""

from typing import Any

from forwarder.simulator.admin.objects import Asked, Lists, SimulatedList
from forwarder.simulator.admin.organization import ConsoleOrganization, list_order
from forwarder.simulator.admin.parameters import InvalidParameterError, Parameter, Parameters, parse, whole, words
from forwarder.simulator.admin.people import PEOPLE_LISTS
from forwarder.simulator.admin.resources import RESOURCE_LISTS

LISTS: Lists = {**RESOURCE_LISTS, **PEOPLE_LISTS}
"""By the last word of the path. A new list is an entry of one of the two."""
_DEFAULT_LIMIT = 20
_PAGING: Parameters = {
    "after_id": Parameter(words),
    "before_id": Parameter(words),
    "limit": Parameter(whole(1, 1000)),
}


def list_page(
    organization: ConsoleOrganization,
    simulated: SimulatedList,
    pairs: list[tuple[str, str]],
    version: str,
    ids: dict[str, str],
) -> dict[str, Any] | None:
    """The requested page; `None` if the parent in the path does not exist. Raises `InvalidParameterError`."""
    if simulated.parent and not _parent_exists(organization, simulated.parent, ids):
        return None
    asked = {**parse({**_PAGING, **simulated.parameters}, pairs), **ids}
    now_us = organization.clock.now_us()
    objects = [one for one in organization.listed(simulated.object_type) if simulated.shown(one, asked, now_us)]
    chosen, more = _cut(organization, simulated, objects, asked, ids)
    first, last = (getattr(chosen[at], simulated.cursor) if chosen else None for at in (0, -1))
    data = [one.shape(version, now_us) for one in chosen]
    return {"data": data, "has_more": more, "first_id": first, "last_id": last}


def object_id(ids: list[str], cursor: str) -> str:
    """The id of a cursor's object: below the ids in the path."""
    return "/".join((*ids, cursor))


def _parent_exists(organization: ConsoleOrganization, parent: type[Any], ids: dict[str, str]) -> bool:
    return {one.id for one in organization.listed(parent)} >= set(ids.values())


def _cut(
    organization: ConsoleOrganization, simulated: SimulatedList, objects: list[Any], asked: Asked, ids: dict[str, str]
) -> tuple[list[Any], bool]:
    after, before, limit = asked["after_id"], asked["before_id"], asked["limit"] or _DEFAULT_LIMIT
    if after is not None and before is not None:
        # UNCONFIRMED, but nothing else is plausible.
        raise InvalidParameterError("Only one of after_id and before_id may be provided")
    if before is not None:
        edge = _position(organization, simulated, "before_id", before, ids)
        left = [one for one in objects if list_order(one) < edge]
        return left[-limit:], len(left) > limit
    if after is not None:
        edge = _position(organization, simulated, "after_id", after, ids)
        objects = [one for one in objects if list_order(one) > edge]
    return objects[:limit], len(objects) > limit


def _position(
    organization: ConsoleOrganization, simulated: SimulatedList, name: str, cursor: str, ids: dict[str, str]
) -> tuple[int, str]:
    # UNCONFIRMED: what happens to a cursor whose object is gone. Here it keeps its position in the list.
    edge = organization.position_of(simulated.object_type, object_id(list(ids.values()), cursor))
    if edge is None:
        raise InvalidParameterError(f"{name}: no object has the id {cursor}")
    return edge
