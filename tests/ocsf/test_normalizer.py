"""The attributes of an event: actor, change, outcome and mapping level."""

from typing import Any

import pytest

from forwarder.ocsf import normalize
from forwarder.records import Event, Receipt
from tests.ocsf.world import CREATED_AT, RECEIPT, TIME_MS, activity, actor, body, record


def event(code: str, **fields: Any) -> dict[str, Any]:
    return body(normalize(record(activity(code, **fields)), RECEIPT))


def labels(made: Event) -> list[str]:
    found: list[str] = body(made)["metadata"].get("labels", [])
    return found


def test_metadata_names_source_and_collector() -> None:
    metadata = event("claude_chat_created")["metadata"]
    assert metadata["original_event_uid"] == "activity_claude_chat_created"
    assert metadata["original_time"] == CREATED_AT
    assert metadata["logged_time"] == RECEIPT.logged_ms
    assert metadata["reporter"] == {"name": "Anthropic", "hostname": "api.anthropic.com"}
    assert metadata["loggers"][0]["uid"] == RECEIPT.instance
    assert metadata["tenant_uid"] == "abcdef01-2345-6789-abcd-ef0123456789"


def test_uid_and_time_are_those_of_the_record() -> None:
    row = record(activity("claude_chat_created"))
    made = body(normalize(row, RECEIPT))
    assert (made["metadata"]["uid"], made["time"]) == (row.uid, TIME_MS)


def test_hot_attributes_come_first_and_unmapped_last() -> None:
    names = list(event("claude_chat_created", claude_chat_id="c"))
    assert names[:9] == [
        "class_uid",
        "class_name",
        "category_uid",
        "category_name",
        "activity_id",
        "activity_name",
        "type_uid",
        "type_name",
        "time",
    ]
    assert names[-2:] == ["observables", "unmapped"]


def test_an_unknown_type_is_classified_by_its_name() -> None:
    made = normalize(record(activity("claude_project_hologram_created", claude_hologram_id="h1")), RECEIPT)
    assert (made.key_fields.class_uid, made.key_fields.activity_id, made.mapping_level) == (6001, 1, "fallback")
    assert labels(made) == ["theme:projects", "mapping:fallback"]
    assert body(made)["unmapped"]["claude_hologram_id"] == "h1"


@pytest.mark.parametrize("code", ["", "_", "created", "quux", "quux_created", "\ud800_deleted", "x" * 5000])
def test_a_type_without_known_words_is_still_an_event(code: str) -> None:
    made = normalize(record(activity(code)), RECEIPT)
    assert body(made)["type_uid"] == 600399
    assert labels(made) == ["mapping:fallback"]


@pytest.mark.parametrize(
    "surprise",
    [
        {"new_field": 1},
        {"claude_chat_id": {"nested": "id"}},
        {"actor": actor(surprise="x")},
        {"actor": {"type": "robot_actor", "serial": "r2"}},
        {"actor": "ada"},
        {"organization_uuid": 5},
    ],
)
def test_unknown_fields_of_a_known_type_are_kept_and_labeled(surprise: dict[str, Any]) -> None:
    made = normalize(record(activity("claude_chat_created", **surprise)), RECEIPT)
    assert (made.mapping_level, labels(made)) == ("partial", ["theme:chats", "mapping:partial"])
    kept = body(made)["unmapped"]
    assert all(kept[name] == value for name, value in surprise.items() if name != "actor")


def test_an_undocumented_value_of_a_documented_set_is_labeled() -> None:
    known = activity("social_login_succeeded", provider="google")
    assert normalize(record(known), RECEIPT).mapping_level == "full"
    assert normalize(record({**known, "provider": "myspace"}), RECEIPT).mapping_level == "partial"


def test_collection_labels_are_kept_with_the_mapping_labels() -> None:
    receipt = Receipt(RECEIPT.logged_ms, RECEIPT.instance, ("collection:backfill",))
    assert labels(normalize(record(activity("quux")), receipt)) == ["mapping:fallback", "collection:backfill"]
    assert labels(normalize(record(activity("claude_chat_created")), receipt)) == ["theme:chats", "collection:backfill"]


def test_the_receipt_changes_only_metadata() -> None:
    first, second = (
        body(normalize(record(activity("sso_login_failed")), Receipt(ms, name)))
        for ms, name in ((TIME_MS, "one"), (TIME_MS + 9, "two"))
    )
    for made in (first, second):
        del made["metadata"]["logged_time"], made["metadata"]["loggers"]
    assert first == second


def test_a_key_is_a_service_user_with_its_credential() -> None:
    made = normalize(record(activity("platform_file_uploaded", file_id="f1", actor=actor("api_actor"))), RECEIPT)
    user = body(made)["actor"]["user"]
    assert user["type"] == "Service"
    assert user["programmatic_credentials"] == [{"uid": "apikey_01Rj", "type": "API Key"}]
    assert (made.key_fields.actor_uid, made.key_fields.actor_type) == ("apikey_01Rj", "api_actor")


def test_a_malformed_address_stays_in_unmapped() -> None:
    made = event("claude_chat_created", actor=actor(ip_address="masked", email_address="not an address"))
    assert "src_endpoint" not in made
    assert made["unmapped"]["actor"]["ip_address"] == "masked"
    assert made["actor"]["user"]["name"] == "not an address"
    assert "email_addr" not in made["actor"]["user"]


def test_no_address_is_invented_where_the_class_needs_an_endpoint() -> None:
    made = event("claude_file_uploaded", claude_file_id="f1", actor=actor("system_actor"))
    assert made["src_endpoint"] == {"name": "unknown"}


def test_a_failed_sign_in_is_a_failure_of_its_actor() -> None:
    made = event("magic_link_login_failed", actor=actor("unauthenticated_user_actor"))
    assert (made["class_uid"], made["activity_name"], made["status"]) == (3002, "Logon", "Failure")
    assert made["user"]["email_addr"] == "eve@example.com"


def test_a_change_shows_before_and_after() -> None:
    update = {"type": "public_projects_enabled", "previous_value": False, "current_value": True}
    made = event("claude_organization_settings_updated", updates=[update])
    assert made["entity"]["data"] == {"public_projects_enabled": False}
    assert made["entity_result"]["data"] == {"public_projects_enabled": True}
    assert made["unmapped"]["updates"] == [update]


@pytest.mark.parametrize(
    ("status", "activity_name"), [("inactive", "Disable"), ("active", "Enable"), ("odd", "Update")]
)
def test_a_key_set_inactive_is_disabled(status: str, activity_name: str) -> None:
    updates = [{"type": "status", "previous_value": "active", "current_value": status}]
    made = normalize(record(activity("platform_api_key_updated", api_key_id="k1", updates=updates)), RECEIPT)
    assert body(made)["activity_name"] == activity_name
    assert body(made)["entity"]["type"] == "API Key"
    assert (made.key_fields.object_uid, made.key_fields.object_type) == ("k1", "API Key")
    assert body(made)["activity_id"] == made.key_fields.activity_id


@pytest.mark.parametrize(("enabled", "activity_name"), [(True, "Enable"), (False, "Disable"), (None, "Update")])
def test_a_toggle_is_enable_or_disable(enabled: bool | None, activity_name: str) -> None:
    assert event("org_sso_toggled", enabled=enabled)["activity_name"] == activity_name


def test_a_refused_call_to_the_compliance_api_is_a_failure() -> None:
    made = event(
        "compliance_api_accessed", url="https://api/x", request_method="DELETE", status_code=403, request_id="r"
    )
    assert (made["activity_name"], made["status"], made["http_response"]) == ("Delete", "Failure", {"code": 403})
    assert made["http_request"]["url"] == {"url_string": "https://api/x"}
    assert made["api"]["request"] == {"uid": "r"}


def test_a_granted_role_names_user_role_and_previous_role() -> None:
    made = normalize(
        record(
            activity(
                "claude_user_role_updated",
                user_email="bob@example.com",
                user_id="user_bob",
                current_role="admin",
                previous_role="user",
            )
        ),
        RECEIPT,
    )
    parsed = body(made)
    assert (parsed["class_uid"], parsed["privileges"], parsed["severity"]) == (3005, ["admin"], "Medium")
    assert parsed["unmapped"]["previous_role"] == "user"
    assert (parsed["user"]["uid"], made.key_fields.user) == ("user_bob", "ada@example.com")


def test_integers_beyond_64_bits_and_surrogates_reach_the_event_as_text() -> None:
    made = event("claude_chat_created", claude_chat_id="c\ud800", big=2**64, small=-(2**63) - 1, fits=2**64 - 1)
    assert made["web_resources"][0]["uid"] == "c?"
    assert made["unmapped"]["big"] == str(2**64)
    assert made["unmapped"]["small"] == str(-(2**63) - 1)
    assert made["unmapped"]["fits"] == 2**64 - 1


def test_nulls_and_empty_strings_are_left_out_at_every_depth() -> None:
    made = event("claude_chat_created", odd={"a": None, "b": ["", None, 0, False, []], "c": ""})
    assert made["unmapped"]["odd"] == {"b": [0, False, []]}


def test_access_by_anthropic_names_the_object_and_its_start_time() -> None:
    looked = {"type": "message", "id": "msg_1", "parent": "chat_1"}
    made = normalize(
        record(activity("anthropic_access", resource_details=looked, accessed_at="2026-06-08T09:00:00Z")), RECEIPT
    )
    event_ = body(made)
    assert (made.key_fields.object_uid, event_["start_time"]) == ("msg_1", 1_780_909_200_000)
    assert event_["unmapped"]["resource_details"] == {"type": "message", "parent": "chat_1"}
    assert made.mapping_level == "full"


@pytest.mark.parametrize(
    ("kind", "code", "name"),
    [
        ("system_actor", "trusted_device_revoked", "unknown"),
        ("user_actor", "trusted_device_revoked", "ada@example.com"),
    ],
)
def test_only_a_human_actor_is_also_the_account_acted_on(kind: str, code: str, name: str) -> None:
    assert event(code, actor=actor(kind))["user"]["name"] == name


@pytest.mark.parametrize(
    ("fields", "type_id", "word"),
    [({"principal_type": "group"}, 99, "group"), ({"principal_type": "user"}, 1, "User"), ({}, 1, "User")],
)
def test_a_role_may_be_granted_to_a_group_or_service_account(fields: dict[str, str], type_id: int, word: str) -> None:
    user = event("rbac_role_assigned", principal_id="p1", role_id="r1", **fields)["user"]
    assert (user["uid"], user["type_id"], user["type"]) == ("p1", type_id, word)


def test_a_service_account_in_a_workspace_is_a_service_with_its_new_role() -> None:
    updates = [{"type": "workspace_role", "previous_value": "workspace_user", "current_value": "workspace_admin"}]
    fields = {"workspace_id": "w1", "service_account_id": "svac_1", "updates": updates}
    made = event("platform_service_account_workspace_member_updated", **fields)
    assert (made["user"]["type"], made["privileges"], made["severity"]) == ("Service", ["workspace_admin"], "Medium")
    assert {"name": "user.uid", "value": "svac_1"}.items() <= made["observables"][-1].items()


def test_a_federated_workload_names_its_cloud_account() -> None:
    provider = {"type": "aws", "account_id": "1234", "signed_principal": "arn:x"}
    made = event("claude_chat_created", actor=actor("federated_actor", provider=provider))
    assert made["actor"]["user"]["account"] == {"uid": "1234", "type": "AWS Account", "type_id": 10}
    assert made["unmapped"]["actor"]["provider"] == {"type": "aws", "signed_principal": "arn:x"}
