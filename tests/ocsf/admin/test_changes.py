"""Differences between two lists as the events an analyst expects."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.errors import Reject
from forwarder.ocsf.admin.lists import list_mappings
from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.core.severity import RISKS
from forwarder.records import InventoryChange
from tests.ocsf.admin.world import (
    API_KEY,
    INVITE,
    MEMBER,
    NEWER_API_KEY,
    OBJECTS,
    USER,
    WORKSPACE,
    changed,
    spoiled,
    wrong,
)
from tests.ocsf.lossless import lost
from tests.ocsf.world import body

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


@pytest.mark.parametrize(("source", "before", "after", "code", "type_uid", "severity"), EXPECTED)
def test_a_difference_is_the_event_an_analyst_expects(
    source: str, before: dict[str, Any] | None, after: dict[str, Any] | None, code: str, type_uid: int, severity: int
) -> None:
    event = changed(source, before, after)
    parsed = body(event)
    assert (event.key_fields.event_code, parsed["type_uid"], parsed["severity_id"]) == (code, type_uid, severity)
    assert wrong(event) == []
    assert lost({"before": before, "after": after}, parsed) == []
    assert parsed["metadata"]["labels"] == ["collection:snapshot"]
    assert event.stream == "activity"


def test_every_difference_of_the_mappings_is_among_the_expected() -> None:
    codes = {f"{mapping.code}.{row.code}" for mapping in list_mappings().values() for row in mapping.differences}
    assert {code for *_, code, _, _ in EXPECTED} == codes


def test_mappings_name_known_risks_and_end_with_a_difference_that_always_applies() -> None:
    for rows in (mapping.differences for mapping in list_mappings().values()):
        assert {row.risk for row in rows} - {None} <= RISKS.keys()
        assert (rows[-1].code, rows[-1].when, rows[-1].fields) == ("changed", "changed", ())


def test_before_and_after_of_a_key_stand_side_by_side() -> None:
    parsed = body(changed(*to(KEY, status="inactive")))
    assert (parsed["entity"]["data"]["status"], parsed["entity_result"]["data"]["status"]) == ("active", "inactive")
    assert (
        parsed["entity"]["user"]
        == parsed["entity_result"]["user"]
        == {"uid": "svac_01", "type": "Service", "type_id": 4}
    )
    assert "before" not in parsed["unmapped"]


def test_before_and_after_of_a_user_stand_side_by_side() -> None:
    parsed = body(changed(*to("users", email="jane.roe@example.com")))
    assert (parsed["user"]["name"], parsed["user_result"]["name"]) == ("jane@example.com", "jane.roe@example.com")
    assert parsed["unmapped"]["before"] == USER


def test_a_role_change_names_the_role_given_or_taken_away() -> None:
    assert body(changed(*to("users", role="admin")))["privileges"] == ["admin"]
    assert body(changed(*back("users", role="admin")))["privileges"] == ["admin"]
    assert body(changed("workspace_members", None, MEMBER))["privileges"] == ["workspace_user"]
    assert body(changed("workspace_members", MEMBER, None))["privileges"] == ["workspace_user"]


def test_several_differences_are_one_event_with_the_first_code_and_the_highest_severity() -> None:
    event = changed(*to(KEY, status="inactive", name="other", expires_at=None))
    assert event.key_fields.event_code == "api_key.status_changed"
    assert body(event)["severity"] == "High"
    assert body(event)["unmapped"]["changed"] == ["expires_at", "name", "status"]


def test_an_unanswered_invite_is_pending_and_an_answered_one_is_not() -> None:
    waiting, answered = body(changed("invites", None, INVITE)), body(changed(*to("invites", status="accepted")))
    assert (waiting["status_id"], waiting["status"]) == (99, "Pending")
    assert answered["status_id"] == 1
    assert body(changed("invites", INVITE, None))["status_id"] == 1


def test_the_key_fields_name_the_object_and_no_actor() -> None:
    key_fields = {source: changed(source, OBJECTS[source], None).key_fields for source in OBJECTS}
    assert {source: (found.object_uid, found.object_type, found.user) for source, found in key_fields.items()} == {
        "api_keys": ("apikey_01", "API Key", None),
        "users": ("user_01", "User", "jane@example.com"),
        "invites": ("invite_01", "Invite", "new@example.com"),
        "workspaces": ("wrkspc_01", "Workspace", None),
        "workspace_members": ("wrkspc_01", "Workspace", None),
    }
    assert {(found.actor_uid, found.actor_type) for found in key_fields.values()} == {(None, None)}


def test_a_new_api_version_alone_is_no_change_of_workspace_or_owner() -> None:
    event = changed(KEY, API_KEY, NEW)
    assert (event.key_fields.event_code, body(event)["severity_id"]) == ("api_key.changed", FACT)
    assert body(event)["unmapped"]["changed"] == ["created_by", "principal", "scope", "workspace_id"]


def test_a_field_added_as_null_is_named_if_nothing_else_differs() -> None:
    event = changed(*to(KEY, color=None))
    assert event.key_fields.event_code == "api_key.changed"
    assert body(event)["unmapped"]["changed"] == ["color"]


def test_one_and_true_are_different() -> None:
    assert body(changed(KEY, {**API_KEY, "x": 1}, {**API_KEY, "x": True}))["unmapped"]["changed"] == ["x"]


def test_the_uid_is_of_the_object_both_sides_and_the_list() -> None:
    inactive = {**API_KEY, "status": "inactive"}
    uids = [
        changed(KEY, API_KEY, inactive).key_fields.uid,
        changed(KEY, inactive, API_KEY).key_fields.uid,
        changed(KEY, API_KEY, inactive, number=8).key_fields.uid,
        changed(KEY, None, API_KEY).key_fields.uid,
        changed(KEY, API_KEY, None).key_fields.uid,
        changed(KEY, {**API_KEY, "id": "b"}, {**inactive, "id": "b"}).key_fields.uid,
    ]
    assert len(set(uids)) == len(uids)
    assert changed(KEY, dict(reversed(API_KEY.items())), inactive).key_fields.uid == uids[0]


@pytest.mark.parametrize(
    "change", [InventoryChange(KEY, 1, None, None, 1), InventoryChange("gadgets", 1, {"id": "a"}, None, 1)]
)
def test_a_change_without_an_object_or_of_an_unknown_list_is_refused(change: InventoryChange) -> None:
    with pytest.raises(Reject, match=change.source):
        changed(change.source, change.before, change.fields)


def test_an_empty_object_is_not_the_same_as_none() -> None:
    assert changed(KEY, None, {}).key_fields.event_code == "api_key.created"
    assert changed(KEY, {}, {}).key_fields.event_code == "api_key.changed"
    assert changed(KEY, {}, None).key_fields.event_code == "api_key.vanished"


def test_every_activity_of_the_mappings_is_ocsfs_or_a_known_exception() -> None:
    known = {name for number in (3001, 3004, 3005, 3006) for name in CLASSES[number].activities.values()}
    words = {row.activity for mapping in list_mappings().values() for row in mapping.differences}
    assert words - known == {"Expire"}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_two_objects_are_a_valid_change_that_loses_nothing(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(OBJECTS)))
    shapes = st.sampled_from([OBJECTS[source], NEWER_API_KEY]).flatmap(spoiled)
    before, after = data.draw(st.none() | shapes), data.draw(shapes)
    sides = copy.deepcopy((before, after))
    event = changed(source, before, after)
    assert wrong(event) == []
    assert lost({"before": before, "after": after}, body(event)) == []
    assert changed(source, *sides) == event
    assert event.key_fields.event_code.startswith(f"{list_mappings()[source].code}.")
