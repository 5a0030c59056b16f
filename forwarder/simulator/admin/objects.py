"""What an organization holds: keys, users, invites, workspaces and their members, as values.

Times are microseconds since 1970-01-01 UTC. Source of the shapes: pages "API keys", "Users", "Invites", "Workspaces"
and "Workspace members" of the Admin API reference; those of version 2026-10-21: the official SDK 2.11.0.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from forwarder.simulator.clock import rfc3339

Kind = Literal["api_keys", "users", "invites", "workspaces", "members"]

FIRST_VERSION = "2023-06-01"
SCOPED_VERSION = "2026-10-21"
"""The `anthropic-version` since which keys have a `scope`."""

Shape = dict[str, Any]


def _time(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. `created_by` and `principal` are `user_…` or `svac_…` ids; `workspace_id` None: the default one."""

    id: str
    name: str
    created_us: int
    created_by: str | None = None
    workspace_id: str | None = None
    status: str = "active"
    principal: str | None = None
    expires_us: int | None = None
    hint: str | None = "sk-ant-api03-R2D...igAA"

    def status_at(self, now_us: int) -> str:
        """An active key past its end is `expired`."""
        over = self.expires_us is not None and self.expires_us <= now_us
        return "expired" if over and self.status == "active" else self.status

    def shape(self, version: str, now_us: int) -> Shape:
        """As the list has it under that `anthropic-version`."""
        common = {
            "id": self.id,
            "type": "api_key",
            "name": self.name,
            "created_at": rfc3339(self.created_us),
            "created_by": self.created_by and {"id": self.created_by, "type": _owner(self.created_by)},
            "expires_at": _time(self.expires_us),
            "partial_key_hint": self.hint,
            "status": self.status_at(now_us),
        }
        if version == SCOPED_VERSION:
            return {**common, "principal": self.principal and _actor(self.principal), "scope": _scope(self)}
        principal = self.principal and {"id": self.principal, "type": _owner(self.principal)}
        return {**common, "principal": principal, "workspace_id": self.workspace_id}


def _owner(id_: str) -> str:
    return "service_account" if id_.startswith("svac_") else "user"


def _actor(id_: str) -> Shape:
    return {"type": f"{_owner(id_)}_actor", f"{_owner(id_)}_id": id_}


def _scope(key: Key) -> Shape:
    # UNCONFIRMED: that a key of the default workspace has the scope of the organization.
    if key.workspace_id is None:
        return {"type": "organization"}
    return {"type": "workspace", "workspace_id": key.workspace_id}


@dataclass(frozen=True, slots=True)
class User:
    """A member of the organization. `role`: one of a Console organization's (see `lists.CONSOLE_ROLES`)."""

    id: str
    email: str
    name: str
    role: str
    created_us: int

    def shape(self, version: str, now_us: int) -> Shape:
        """As the list has it; the same in both versions as far as known."""
        return {
            "id": self.id,
            "type": "user",
            "email": self.email,
            "name": self.name,
            "role": self.role,
            "added_at": rfc3339(self.created_us),
        }


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation by mail; it expires by itself."""

    id: str
    email: str
    role: str
    created_us: int
    expires_us: int
    status: str = "pending"
    accepted_us: int | None = None

    def status_at(self, now_us: int) -> str:
        """A pending invite past its end is `expired`."""
        return "expired" if self.status == "pending" and self.expires_us <= now_us else self.status

    def shape(self, version: str, now_us: int) -> Shape:
        """As the list has it."""
        return {
            "id": self.id,
            "type": "invite",
            "email": self.email,
            "role": self.role,
            "status": self.status_at(now_us),
            "invited_at": rfc3339(self.created_us),
            "expires_at": rfc3339(self.expires_us),
            "accepted_at": _time(self.accepted_us),
            "rbac_group_ids": [],
        }


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; archived ones are listed only with `include_archived`."""

    id: str
    name: str
    created_us: int
    archived_us: int | None = None
    geo: str = "us"
    tags: dict[str, str] = field(default_factory=dict)

    def shape(self, version: str, now_us: int) -> Shape:
        """As the list has it."""
        return {
            "id": self.id,
            "type": "workspace",
            "name": self.name,
            "created_at": rfc3339(self.created_us),
            "archived_at": _time(self.archived_us),
            "display_color": "#6C5BB9",
            "compartment_id": "f8a7b6c5-4d3e-4f1a-8b9c-0d1e2f3a4b5c",
            "external_key_id": None,
            "tags": self.tags,
            "data_residency": {
                "allowed_inference_geos": "unrestricted",
                "default_inference_geo": "global",
                "workspace_geo": self.geo,
            },
        }


@dataclass(frozen=True, slots=True)
class Member:
    """A user's place in a workspace. Documented without an id; here `<workspace>/<user>` tells them apart."""

    workspace_id: str
    user_id: str
    role: str = "workspace_user"
    created_us: int = 0

    @property
    def id(self) -> str:
        """For the simulator alone: it is not served."""
        return f"{self.workspace_id}/{self.user_id}"

    def shape(self, version: str, now_us: int) -> Shape:
        """As the list has it."""
        return {
            "type": "workspace_member",
            "user_id": self.user_id,
            "workspace_id": self.workspace_id,
            "workspace_role": self.role,
        }


Thing = Key | User | Invite | Workspace | Member
"""Anything that a list of the Admin API lists."""

KINDS: dict[Kind, type[Any]] = {
    "api_keys": Key,
    "users": User,
    "invites": Invite,
    "workspaces": Workspace,
    "members": Member,
}
