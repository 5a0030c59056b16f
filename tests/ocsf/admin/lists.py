"""Every list of the Admin API: an object, its inventory event, and the event of each difference.

A new list has its expectations here.
"""

from typing import Any

API_KEY: dict[str, Any] = {
    "id": "apikey_01",
    "type": "api_key",
    "name": "ci",
    "created_at": "2025-10-30T23:58:27.427722Z",
    "created_by": {"id": "user_01", "type": "user"},
    "principal": {"id": "svac_01", "type": "service_account"},
    "expires_at": "2026-12-01T00:00:00Z",
    "partial_key_hint": "sk-ant-api03-R2D...igAA",
    "status": "active",
    "workspace_id": "wrkspc_01",
}
NEWER_API_KEY: dict[str, Any] = {
    **{name: value for name, value in API_KEY.items() if name not in ("workspace_id", "principal", "created_by")},
    "created_by": {"type": "user_actor", "user_id": "user_01"},
    "principal": {"type": "service_account_actor", "service_account_id": "svac_01"},
    "scope": {"type": "workspace", "workspace_id": "wrkspc_01"},
}
"""As the API's version 2026-10-21 gives it."""
USER: dict[str, Any] = {
    "id": "user_01",
    "type": "user",
    "email": "jane@example.com",
    "name": "Jane Doe",
    "role": "developer",
    "added_at": "2025-10-30T23:58:27.427722Z",
}
INVITE: dict[str, Any] = {
    "id": "invite_01",
    "type": "invite",
    "email": "new@example.com",
    "role": "user",
    "status": "pending",
    "invited_at": "2026-06-01T00:00:00Z",
    "expires_at": "2026-06-22T00:00:00Z",
    "accepted_at": None,
    "rbac_group_ids": [],
}
WORKSPACE: dict[str, Any] = {
    "id": "wrkspc_01",
    "type": "workspace",
    "name": "Production",
    "created_at": "2024-10-30T23:58:27.427722Z",
    "archived_at": None,
    "display_color": "#6C5BB9",
    "external_key_id": "ekey_01",
    "data_residency": {"allowed_inference_geos": ["us"], "default_inference_geo": "us", "workspace_geo": "us"},
    "tags": {"env": "prod"},
}
MEMBER: dict[str, Any] = {
    "type": "workspace_member",
    "user_id": "user_01",
    "workspace_id": "wrkspc_01",
    "workspace_role": "workspace_user",
}
OBJECTS: dict[str, dict[str, Any]] = {
    "api_keys": API_KEY,
    "users": USER,
    "invites": INVITE,
    "workspaces": WORKSPACE,
    "workspace_members": MEMBER,
}

INVENTORY: list[tuple[str, str, int, str, str, str | None]] = [
    # list, event code, class, object_uid, object_type, user
    ("api_keys", "api_key.inventory", 5023, "apikey_01", "API Key", None),
    ("users", "user.inventory", 5003, "user_01", "User", "jane@example.com"),
    ("invites", "invite.inventory", 5023, "invite_01", "Invite", "new@example.com"),
    ("workspaces", "workspace.inventory", 5023, "wrkspc_01", "Workspace", None),
    ("workspace_members", "workspace_member.inventory", 5003, "user_01", "Workspace Member", None),
]

KEY_FIELDS_OF_CHANGES: dict[str, tuple[str, str, str | None]] = {
    # list: object_uid, object_type, user
    "api_keys": ("apikey_01", "API Key", None),
    "users": ("user_01", "User", "jane@example.com"),
    "invites": ("invite_01", "Invite", "new@example.com"),
    "workspaces": ("wrkspc_01", "Workspace", None),
    "workspace_members": ("wrkspc_01", "Workspace", None),
}

KEY, NEW = "api_keys", NEWER_API_KEY
ORGANIZATION_WIDE = {"scope": {"type": "organization"}}
UNRESTRICTED = {"data_residency": {**WORKSPACE["data_residency"], "allowed_inference_geos": "unrestricted"}}
ELSEWHERE = {"data_residency": {**WORKSPACE["data_residency"], "workspace_geo": "eu"}}
FACT, LOW, MEDIUM, HIGH = 1, 2, 3, 4

Row = tuple[str, dict[str, Any] | None, dict[str, Any] | None, str, int, int]


def to(source: str, **after: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The ordinary object, and what becomes of it."""
    return source, OBJECTS[source], {**OBJECTS[source], **after}


def back(source: str, **before: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The ordinary object, and what it was before."""
    return source, {**OBJECTS[source], **before}, OBJECTS[source]


EXPECTED: list[Row] = [
    # list, before, after, event code, type_uid, severity
    (KEY, None, API_KEY, "api_key.created", 300401, MEDIUM),
    (KEY, None, NEW, "api_key.created", 300401, MEDIUM),
    (KEY, None, {**API_KEY, "status": "expired"}, "api_key.created", 300401, FACT),
    (KEY, API_KEY, None, "api_key.vanished", 300404, FACT),
    (*to(KEY, status="inactive"), "api_key.status_changed", 300409, FACT),
    (*to(KEY, status="archived"), "api_key.status_changed", 300409, FACT),
    (*to(KEY, status="expired"), "api_key.status_changed", 300409, FACT),
    (*back(KEY, status="inactive"), "api_key.status_changed", 300408, LOW),
    (*to(KEY, status="resting"), "api_key.status_changed", 300403, FACT),
    (*to(KEY, workspace_id="wrkspc_02"), "api_key.workspace_changed", 300403, FACT),
    (*to(KEY, workspace_id=None), "api_key.workspace_changed", 300403, FACT),
    (KEY, NEW, {**NEW, **ORGANIZATION_WIDE}, "api_key.scope_changed", 300403, MEDIUM),
    (KEY, {**NEW, **ORGANIZATION_WIDE}, NEW, "api_key.workspace_changed", 300403, FACT),
    (*to(KEY, principal={"id": "user_02", "type": "user"}), "api_key.owner_changed", 300403, LOW),
    (*to(KEY, expires_at=None), "api_key.expiry_changed", 300403, HIGH),
    (*to(KEY, expires_at="2027-12-01T00:00:00Z"), "api_key.expiry_changed", 300403, LOW),
    (*to(KEY, expires_at="2026-11-01T00:00:00Z"), "api_key.expiry_changed", 300403, FACT),
    (*back(KEY, expires_at=None), "api_key.expiry_changed", 300403, FACT),
    (*to(KEY, name="other"), "api_key.renamed", 300403, FACT),
    (*to(KEY, partial_key_hint="other"), "api_key.changed", 300403, FACT),
    ("users", None, USER, "user.created", 300101, LOW),
    ("users", None, {**USER, "role": "owner"}, "user.created", 300101, MEDIUM),
    ("users", USER, None, "user.vanished", 300106, FACT),
    (*to("users", role="admin"), "user.role_changed", 300501, MEDIUM),
    (*to("users", role="membership_admin"), "user.role_changed", 300501, MEDIUM),
    (*to("users", role="primary_owner"), "user.role_changed", 300501, HIGH),
    (*to("users", role="billing"), "user.role_changed", 300501, LOW),
    (*back("users", role="admin"), "user.role_changed", 300502, FACT),
    ("users", {**USER, "role": "owner"}, {**USER, "role": "admin"}, "user.role_changed", 300502, FACT),
    (*to("users", role=None), "user.role_changed", 300502, FACT),
    (*to("users", email="jane.roe@example.com"), "user.email_changed", 300199, FACT),
    (*to("users", name="Jane Roe"), "user.renamed", 300199, FACT),
    (*to("users", added_at="2026-01-01T00:00:00Z"), "user.changed", 300199, FACT),
    ("invites", None, INVITE, "invite.created", 300101, FACT),
    ("invites", None, {**INVITE, "role": "admin"}, "invite.created", 300101, MEDIUM),
    ("invites", INVITE, None, "invite.vanished", 300106, FACT),
    (*to("invites", status="accepted", accepted_at="2026-06-02T00:00:00Z"), "invite.status_changed", 300101, LOW),
    (*to("invites", status="deleted"), "invite.status_changed", 300106, FACT),
    (*to("invites", status="expired"), "invite.status_changed", 300199, FACT),
    (*to("invites", status="unheard of"), "invite.status_changed", 300199, FACT),
    (*back("invites", status="expired"), "invite.status_changed", 300101, FACT),
    (*to("invites", role="owner"), "invite.role_changed", 300199, MEDIUM),
    (*to("invites", role="billing"), "invite.role_changed", 300199, FACT),
    (*to("invites", rbac_group_ids=["group_01"]), "invite.groups_changed", 300199, LOW),
    (*to("invites", expires_at="2026-07-22T00:00:00Z"), "invite.changed", 300199, FACT),
    ("workspaces", None, WORKSPACE, "workspace.created", 300401, FACT),
    ("workspaces", WORKSPACE, None, "workspace.vanished", 300404, FACT),
    (*to("workspaces", archived_at="2026-06-02T00:00:00Z"), "workspace.archived", 300411, FACT),
    (*back("workspaces", archived_at="2026-06-02T00:00:00Z"), "workspace.unarchived", 300410, LOW),
    (*to("workspaces", external_key_id=None), "workspace.encryption_key_changed", 300403, HIGH),
    (*to("workspaces", external_key_id="ekey_02"), "workspace.encryption_key_changed", 300403, MEDIUM),
    (*to("workspaces", **UNRESTRICTED), "workspace.residency_changed", 300403, HIGH),
    (*to("workspaces", **ELSEWHERE), "workspace.residency_changed", 300403, MEDIUM),
    (*to("workspaces", name="Test"), "workspace.renamed", 300403, FACT),
    (*to("workspaces", tags={}), "workspace.changed", 300403, FACT),
    ("workspace_members", None, MEMBER, "workspace_member.added", 300603, LOW),
    (
        "workspace_members",
        None,
        {**MEMBER, "workspace_role": "workspace_admin"},
        "workspace_member.added",
        300603,
        MEDIUM,
    ),
    ("workspace_members", MEMBER, None, "workspace_member.removed", 300604, FACT),
    (*to("workspace_members", workspace_role="workspace_admin"), "workspace_member.role_changed", 300601, MEDIUM),
    (*to("workspace_members", workspace_role="workspace_developer"), "workspace_member.role_changed", 300601, LOW),
    (*back("workspace_members", workspace_role="workspace_admin"), "workspace_member.role_changed", 300602, FACT),
    (*to("workspace_members", since="2026"), "workspace_member.changed", 300699, FACT),
]
