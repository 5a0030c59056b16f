"""The lists that are read: where each stands, what its objects are called, and which lists belong together.

Source: Admin API reference, List API keys, users, invites, workspaces, workspace members.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.anthropic import AdminApi


class Found(NamedTuple):
    """An item of a list as the API gave it, and the fields that name it."""

    kind: str
    names: tuple[str, ...]
    item: Any


Fetch = Callable[[AdminApi], Iterator[Found]]
"""Reads a list, or several that belong together, to the end. Raises as `AdminApi.whole` does."""


def _keys(api: AdminApi) -> Iterator[Found]:
    return (Found("api_keys", ("id",), item) for item in api.whole("api_keys"))


def _users(api: AdminApi) -> Iterator[Found]:
    return (Found("users", ("id",), item) for item in api.whole("users"))


def _invites(api: AdminApi) -> Iterator[Found]:
    return (Found("invites", ("id",), item) for item in api.whole("invites"))


def _workspaces(api: AdminApi) -> Iterator[Found]:
    """Workspaces, archived ones too, and the members of those that are not archived."""
    for item in list(api.whole("workspaces", (("include_archived", "true"),))):
        yield Found("workspaces", ("id",), item)
        if isinstance(item, dict) and isinstance(item.get("id"), str) and not item.get("archived_at"):
            for member in api.whole(f"workspaces/{item['id']}/members"):
                yield Found("workspace_members", ("workspace_id", "user_id"), member)


INVENTORIES: Mapping[str, Fetch] = MappingProxyType(
    {"api_keys": _keys, "users": _users, "invites": _invites, "workspaces": _workspaces}
)
"""The source's name in the settings → how it is read."""
