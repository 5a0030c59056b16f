"""The lists of the Admin API, by `after_id`/`before_id`/`limit`: keys, users, invites, workspaces, their members.

Source: pages "List API Keys", "List Users", "List Invites", "List Workspaces", "List Workspace Members".
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from forwarder.simulator.admin.answers import InvalidParameterError
from forwarder.simulator.admin.objects import Invite, Key, Member, Thing, User, Workspace
from forwarder.simulator.admin.organization import Organization
from forwarder.simulator.admin.parameters import Parameter, Parameters, flag, one_of, parse, whole, words
from forwarder.simulator.admin.timeline import place

CONSOLE_ROLES = frozenset(("user", "developer", "billing", "admin", "claude_code_user"))
"""Roles that a Console organization takes as a filter ("List Users")."""
_DEFAULT_LIMIT = 20
_PAGING: Parameters = {
    "after_id": Parameter(words),
    "before_id": Parameter(words),
    "limit": Parameter(whole(1, 1000)),
}
_ROLES = {"roles[]": Parameter(one_of(CONSOLE_ROLES))}

Asked = dict[str, Any]
Wanted = Callable[[Any, Asked, int], bool]
"""Whether a list shows the object to who asked so, at that moment (µs)."""


class ListSpec(NamedTuple):
    """One list: the type of its objects, its own parameters, its filter, and the id that is a cursor."""

    type: type[Thing]
    parameters: Parameters
    wanted: Wanted
    cursor: str = "id"


def _key(key: Key, asked: Asked, now_us: int) -> bool:
    return (
        asked["status"] in (None, key.status_at(now_us))
        and asked["workspace_id"] in (None, key.workspace_id)
        and asked["created_by_user_id"] in (None, key.created_by)
    )


def _user(user: User, asked: Asked, now_us: int) -> bool:
    return _mailed(user.email, asked) and _in_role(user.role, asked)


def _invite(invite: Invite, asked: Asked, now_us: int) -> bool:
    # Without `statuses[]` the documentation lists pending, accepted and expired ones: deleted ones never come.
    status = invite.status_at(now_us)
    shown = asked["statuses[]"] or ("accepted", "expired", "pending")
    return status in shown and _mailed(invite.email, asked) and _in_role(invite.role, asked)


def _workspace(workspace: Workspace, asked: Asked, now_us: int) -> bool:
    archived = workspace.archived_us is not None and workspace.archived_us <= now_us
    return bool(asked["include_archived"]) or not archived


def _member(member: Member, asked: Asked, now_us: int) -> bool:
    workspace: str = asked["workspace_id"]
    return member.workspace_id == workspace


def _mailed(email: str, asked: Asked) -> bool:
    wanted: str | None = asked["email"]
    return wanted is None or wanted.strip().lower() == email.lower()


def _in_role(role: str, asked: Asked) -> bool:
    return not asked["roles[]"] or role in asked["roles[]"]


_STATUSES = ("active", "archived", "expired", "inactive")
LISTS: dict[str, ListSpec] = {
    "api_keys": ListSpec(
        Key,
        {
            "created_by_user_id": Parameter(words),
            "status": Parameter(one_of(_STATUSES)),
            "workspace_id": Parameter(words),
        },
        _key,
    ),
    "users": ListSpec(User, {"email": Parameter(words), **_ROLES}, _user),
    "invites": ListSpec(
        Invite,
        {
            "email": Parameter(words),
            **_ROLES,
            "statuses[]": Parameter(one_of(("accepted", "expired", "pending"))),
        },
        _invite,
    ),
    "workspaces": ListSpec(Workspace, {"include_archived": Parameter(flag)}, _workspace),
    # UNCONFIRMED: members have no id; the cursors are taken to be user ids.
    "members": ListSpec(Member, {}, _member, "user_id"),
}


def page(
    organization: Organization, name: str, pairs: list[tuple[str, str]], version: str, **fixed: str
) -> dict[str, Any]:
    """The page asked for. `fixed`: values from the path. Raises `InvalidParameterError`."""
    spec = LISTS[name]
    asked = {**parse({**_PAGING, **spec.parameters}, pairs), **fixed}
    now_us = organization.clock.now_us()
    things = [thing for thing in organization.listed(spec.type) if spec.wanted(thing, asked, now_us)]
    chosen, more = _cut(organization, spec, things, asked)
    first, last = (getattr(chosen[at], spec.cursor) if chosen else None for at in (0, -1))
    data = [thing.shape(version, now_us) for thing in chosen]
    return {"data": data, "has_more": more, "first_id": first, "last_id": last}


def _cut(organization: Organization, spec: ListSpec, things: list[Any], asked: Asked) -> tuple[list[Any], bool]:
    after, before, limit = asked["after_id"], asked["before_id"], asked["limit"] or _DEFAULT_LIMIT
    if after is not None and before is not None:
        # UNCONFIRMED, but nothing else could be meant.
        raise InvalidParameterError("Only one of after_id and before_id may be provided")
    if before is not None:
        edge = _place(organization, spec, "before_id", before, asked)
        left = [thing for thing in things if place(thing) < edge]
        return left[-limit:], len(left) > limit
    if after is not None:
        edge = _place(organization, spec, "after_id", after, asked)
        things = [thing for thing in things if place(thing) > edge]
    return things[:limit], len(things) > limit


def _place(organization: Organization, spec: ListSpec, name: str, cursor: str, asked: Asked) -> tuple[int, str]:
    # UNCONFIRMED: what becomes of a cursor whose object is gone. Here it keeps its place in the list.
    id_ = f"{asked['workspace_id']}/{cursor}" if spec.type is Member else cursor
    edge = organization.place_of(spec.type, id_)
    if edge is None:
        raise InvalidParameterError(f"{name}: no object has the id {cursor}")
    return edge
