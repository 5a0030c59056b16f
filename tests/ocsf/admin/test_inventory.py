"""Objects of lists as inventory events: class, identity, and when it is the same event again."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.errors import Reject
from forwarder.records import Receipt
from tests.ocsf.admin.lists import API_KEY, INVENTORY, INVITE, MEMBER, NEWER_API_KEY, OBJECTS, USER, WORKSPACE
from tests.ocsf.admin.world import ANYTHING, DAY_MS, ORGANIZATION, listed, spoiled, wrong
from tests.ocsf.lossless import lost
from tests.ocsf.world import RECEIPT, TIME_MS, body

EVERY = pytest.mark.parametrize("source", OBJECTS)


@EVERY
def test_every_object_is_a_valid_event_that_loses_nothing(source: str) -> None:
    event = listed(source, OBJECTS[source], {"age_days": 3})
    assert wrong(event) == []
    assert lost(OBJECTS[source], body(event)) == []
    assert event.stream == "activity"


@pytest.mark.parametrize(
    ("source", "code", "class_uid", "object_uid", "object_type", "user"),
    INVENTORY,
)
def test_each_list_has_its_code_class_and_object(
    source: str, code: str, class_uid: int, object_uid: str, object_type: str, user: str | None
) -> None:
    event = listed(source, OBJECTS[source])
    key_fields = event.key_fields
    assert (key_fields.event_code, key_fields.class_uid, key_fields.activity_id) == (code, class_uid, 2)
    assert (key_fields.object_uid, key_fields.object_type, key_fields.user) == (object_uid, object_type, user)
    assert key_fields.organization == body(event)["metadata"]["tenant_uid"] == ORGANIZATION
    assert (body(event)["metadata"]["log_name"], body(event)["time"]) == (f"admin.{source}", TIME_MS)


@pytest.mark.parametrize("key", [API_KEY, NEWER_API_KEY])
def test_a_key_has_its_owner_expiry_and_status_in_both_versions_of_the_api(key: dict[str, Any]) -> None:
    event = listed("api_keys", key)
    resource = body(event)["resources"][0]
    assert wrong(event) == []
    assert resource["owner"] == {"uid": "svac_01", "type": "Service", "type_id": 4}
    assert (resource["data"]["expires_at"], resource["data"]["status"]) == ("2026-12-01T00:00:00Z", "active")
    assert resource["created_time"] == 1_761_868_707_427


def test_the_creator_owns_a_key_without_a_principal() -> None:
    for key in (API_KEY, NEWER_API_KEY):
        owner = body(listed("api_keys", {**key, "principal": None}))["resources"][0]["owner"]
        assert owner == {"uid": "user_01", "type": "User", "type_id": 1}


def test_an_administrator_has_the_admin_user_type() -> None:
    assert body(listed("users", USER))["user"]["type"] == "User"
    assert body(listed("users", {**USER, "role": "owner"}))["user"]["type"] == "Admin"
    assert body(listed("users", USER))["unmapped"]["user"]["role"] == "developer"


def test_a_membership_is_a_user_of_one_group() -> None:
    user = body(listed("workspace_members", MEMBER))["user"]
    assert user["groups"] == [{"uid": "wrkspc_01", "type": "Workspace", "privileges": ["workspace_user"]}]


def test_derived_facts_are_kept_apart_and_do_not_change_the_uid() -> None:
    plain, derived = listed("api_keys", API_KEY), listed("api_keys", API_KEY, {"age_days": 221, "last_used": None})
    assert body(derived)["unmapped"]["derived"] == {"age_days": 221}
    assert "unmapped" not in body(plain)
    assert plain.key_fields.uid == derived.key_fields.uid


def test_a_field_called_derived_is_not_mistaken_for_derived_facts() -> None:
    for source in OBJECTS:
        event = listed(source, {**OBJECTS[source], "derived": {"age_days": "theirs"}}, {"age_days": 1})
        assert body(event)["unmapped"]["derived"] == {"age_days": 1}
        assert b"theirs" in event.body


@EVERY
def test_the_event_is_the_same_until_the_day_or_the_object_changes(source: str) -> None:
    fields = OBJECTS[source]
    noon = TIME_MS - TIME_MS % DAY_MS + DAY_MS // 2
    uid = listed(source, fields, time_ms=noon).key_fields.uid
    later = Receipt(RECEIPT.logged_ms + 60_000, "another")
    assert listed(source, dict(reversed(fields.items())), time_ms=noon + 60_000, receipt=later).key_fields.uid == uid
    assert listed(source, fields, time_ms=noon + DAY_MS // 2).key_fields.uid != uid
    assert listed(source, {**fields, "new": "field"}, time_ms=noon).key_fields.uid != uid


def test_the_observables_are_the_ids_and_addresses() -> None:
    def values(source: str, fields: dict[str, Any]) -> list[str]:
        return [one["value"] for one in body(listed(source, fields))["observables"]]

    assert values("api_keys", API_KEY) == ["apikey_01", "svac_01"]
    assert values("invites", INVITE) == ["invite_01", "new@example.com"]
    assert values("users", USER) == ["user_01", "jane@example.com"]
    assert values("workspaces", WORKSPACE) == ["wrkspc_01"]
    assert values("workspace_members", MEMBER) == ["user_01", "wrkspc_01"]


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(Reject, match="gadgets") as refusal:
        listed("gadgets", {"id": "a"})
    assert refusal.value.reason == "unknown-list"


@EVERY
@pytest.mark.parametrize("fields", [{}, {"id": None}, {"id": 5}, {"id": ["a"]}, {"created_at": "0001-01-01T00:00:00Z"}])
def test_an_object_without_ids_is_still_an_event(source: str, fields: dict[str, Any]) -> None:
    event = listed(source, fields)
    assert wrong(event) == []
    assert lost(fields, body(event)) == []


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_any_object_is_valid_loses_nothing_and_gives_the_same_bytes(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(OBJECTS)))
    shape = data.draw(st.sampled_from([OBJECTS[source], NEWER_API_KEY]))
    fields, derived = data.draw(spoiled(shape)), data.draw(st.dictionaries(st.just("last_used"), ANYTHING))
    event = listed(source, fields, derived)
    assert wrong(event) == []
    assert lost(fields, body(event)) == []
    assert listed(source, fields, derived) == event
