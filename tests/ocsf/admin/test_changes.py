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
from tests.ocsf.admin.lists import (
    API_KEY,
    EXPECTED,
    FACT,
    INVENTORY,
    INVITE,
    KEY,
    KEY_FIELDS_OF_CHANGES,
    MEMBER,
    NEW,
    NEWER_API_KEY,
    OBJECTS,
    USER,
    back,
    to,
)
from tests.ocsf.admin.world import changed, spoiled, wrong
from tests.ocsf.lossless import lost
from tests.ocsf.world import body


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


def test_every_list_has_expectations() -> None:
    assert OBJECTS.keys() == list_mappings().keys() == KEY_FIELDS_OF_CHANGES.keys() == {row[0] for row in INVENTORY}


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
    assert {
        source: (found.object_uid, found.object_type, found.user) for source, found in key_fields.items()
    } == KEY_FIELDS_OF_CHANGES
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
