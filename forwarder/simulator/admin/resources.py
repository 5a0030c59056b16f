"""API keys and workspaces of a Console organization, and their lists.

Source: pages "List API Keys" and "List Workspaces".
"""

from dataclasses import dataclass, field

from forwarder.simulator.admin.objects import SCOPED_VERSION, Asked, Lists, Shape, SimulatedList, optional_time
from forwarder.simulator.admin.parameters import Parameter, flag, one_of, words
from forwarder.simulator.clock import rfc3339

_STATUSES = ("active", "archived", "expired", "inactive")


@dataclass(frozen=True, slots=True)
class ConsoleApiKey:
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
        """See `ConsoleObject.shape`."""
        common = {
            "id": self.id,
            "type": "api_key",
            "name": self.name,
            "created_at": rfc3339(self.created_us),
            "created_by": self.created_by and {"id": self.created_by, "type": _owner(self.created_by)},
            "expires_at": optional_time(self.expires_us),
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


def _scope(key: ConsoleApiKey) -> Shape:
    # UNCONFIRMED: that a key of the default workspace has the scope of the organization.
    if key.workspace_id is None:
        return {"type": "organization"}
    return {"type": "workspace", "workspace_id": key.workspace_id}


@dataclass(frozen=True, slots=True)
class ConsoleWorkspace:
    """A workspace; archived ones are listed only with `include_archived`."""

    id: str
    name: str
    created_us: int
    archived_us: int | None = None
    geo: str = "us"
    tags: dict[str, str] = field(default_factory=dict)

    def shape(self, version: str, now_us: int) -> Shape:
        """See `ConsoleObject.shape`."""
        return {
            "id": self.id,
            "type": "workspace",
            "name": self.name,
            "created_at": rfc3339(self.created_us),
            "archived_at": optional_time(self.archived_us),
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


def _key_shown(key: ConsoleApiKey, asked: Asked, now_us: int) -> bool:
    return (
        asked["status"] in (None, key.status_at(now_us))
        and asked["workspace_id"] in (None, key.workspace_id)
        and asked["created_by_user_id"] in (None, key.created_by)
    )


def _workspace_shown(workspace: ConsoleWorkspace, asked: Asked, now_us: int) -> bool:
    archived = workspace.archived_us is not None and workspace.archived_us <= now_us
    return bool(asked["include_archived"]) or not archived


RESOURCE_LISTS: Lists = {
    "api_keys": SimulatedList(
        ConsoleApiKey,
        "/api_keys",
        lambda blueprint: blueprint.api_keys,
        {
            "created_by_user_id": Parameter(words),
            "status": Parameter(one_of(_STATUSES)),
            "workspace_id": Parameter(words),
        },
        _key_shown,
    ),
    "workspaces": SimulatedList(
        ConsoleWorkspace,
        "/workspaces",
        lambda blueprint: blueprint.workspaces,
        {"include_archived": Parameter(flag)},
        _workspace_shown,
    ),
}
