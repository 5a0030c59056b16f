"""The OCSF classes of changes: how each is filled from an object before and after.

A vanished object stands where it was before, a new one where it is now, for the attribute is required.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.ocsf.admin.differences import Difference
from forwarder.ocsf.admin.lists import ListKind
from forwarder.ocsf.admin.parts import WORKSPACE, entity, group, user
from forwarder.ocsf.admin.reading import Fields, text_at


def _entity(kind: ListKind, told: Difference, before: Fields | None, after: Fields | None) -> dict[str, Any]:
    """3004: `entity` before, `entity_result` after."""
    part: dict[str, Any] = {"entity": entity(kind, _first(before, after))}
    if before is not None and after is not None:
        part["entity_result"] = entity(kind, after)
    return part


def _account(kind: ListKind, told: Difference, before: Fields | None, after: Fields | None) -> dict[str, Any]:
    """3001: `user` before, `user_result` after."""
    part: dict[str, Any] = {"user": user(kind, _first(before, after))[0]}
    if before is not None and after is not None:
        part["user_result"] = user(kind, after)[0]
    return part


def _access(kind: ListKind, told: Difference, before: Fields | None, after: Fields | None) -> dict[str, Any]:
    """3005: whoever it is now, and the role given or taken."""
    return {"user": user(kind, _first(after, before))[0], "privileges": _privileges(kind, told, before, after)}


def _group(kind: ListKind, told: Difference, before: Fields | None, after: Fields | None) -> dict[str, Any]:
    """3006: the workspace, and whoever is in it now or was; the role given or taken."""
    there = _first(after, before)
    who = {name: value for name, value in user(kind, there)[0].items() if name != "groups"}
    part: dict[str, Any] = {"group": group(kind, there), "user": who}
    if privileges := _privileges(kind, told, before, after):
        part["privileges"] = privileges
    return part


def _first(one: Fields | None, other: Fields | None) -> Fields:
    return one if one is not None else other or {}


def _privileges(kind: ListKind, told: Difference, before: Fields | None, after: Fields | None) -> list[str]:
    taken = told.activity in ("Revoke Privileges", "Remove User")
    role = text_at((before if taken else after) or {}, kind.role)
    return [role] if role else []


def _the_object(kind: ListKind, there: Fields) -> tuple[str | None, str]:
    return text_at(there, ("id",)), kind.caption


def _the_workspace(kind: ListKind, there: Fields) -> tuple[str | None, str]:
    return text_at(there, kind.group), WORKSPACE


class Filling(NamedTuple):
    """How one OCSF class is filled."""

    class_uid: int
    fill: Callable[[ListKind, Difference, Fields | None, Fields | None], dict[str, Any]]
    acted_on: Callable[[ListKind, Fields], tuple[str | None, str]]
    """The pivots `object_uid` and `object_type`."""
    whole: bool = False
    """Whether it holds the objects whole; else they stand in `unmapped` too."""


FILLINGS: Mapping[str, Filling] = MappingProxyType(
    {
        "account": Filling(3001, _account, _the_object),
        "entity": Filling(3004, _entity, _the_object, whole=True),
        "access": Filling(3005, _access, _the_object),
        "group": Filling(3006, _group, _the_workspace),
    }
)
"""The short name of a class in `differences` → how it is filled; the same names as the feed's table has."""
