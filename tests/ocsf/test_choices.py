"""Values that select a plan: enabled or disabled, shared with whom, which role."""

from typing import Any

import pytest

from forwarder.ocsf import normalize
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.plan import PlanChoice
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, activity, body, record


def event(code: str, **fields: Any) -> dict[str, Any]:
    return body(normalize(record(activity(code, **fields)), RECEIPT))


def classified(made: dict[str, Any]) -> tuple[str, str, str]:
    return made["activity_name"], made["severity"], made["status"]


def _holding(choice: PlanChoice, value: Any) -> dict[str, Any]:
    """Fields that hold the value where the choice looks for it."""
    if choice.setting:
        return {choice.field: [{"type": choice.setting, "previous_value": "x", "current_value": value}]}
    return {choice.field: [{choice.inner: value}] if choice.inner else value}


def test_every_value_of_the_table_selects_its_plan_and_gives_a_valid_lossless_event() -> None:
    wrong, checked = [], 0
    for code, plan in plans().items():
        for choice in plan.choices:
            for value, other in choice.plans.items():
                fields = activity(code, **_holding(choice, value))
                made = body(normalize(record(fields), RECEIPT))
                wrong += [
                    f"{code} {value}: {fault}" for fault in [*faults(made), *objections(made), *lost(fields, made)]
                ]
                wrong += [code] * ((made["activity_name"], made["severity"]) != (other.activity, other.severity))
                checked += 1
    assert wrong == []
    assert checked > 90


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"compliance_api_enabled": True, "compliance_api_logging_enabled": True},
            ("Enable", "Informational", "Success"),
        ),
        ({"compliance_api_enabled": True, "compliance_api_logging_enabled": False}, ("Disable", "High", "Success")),
        ({"compliance_api_enabled": False, "compliance_api_logging_enabled": True}, ("Disable", "High", "Success")),
        ({}, ("Update", "Medium", "Success")),
        ({"compliance_api_enabled": None}, ("Update", "Medium", "Success")),
        ({"compliance_api_enabled": 1}, ("Update", "Medium", "Success")),
    ],
)
def test_of_several_settings_the_most_severe_is_used(fields: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert classified(event("org_compliance_api_settings_updated", **fields)) == expected


@pytest.mark.parametrize(
    ("audience", "severity"),
    [
        ([{"type": "users"}, {"type": "anyone_with_link"}], "Medium"),
        ([{"type": "organization"}], "Low"),
        ([], "Low"),
        ([7, {"type": ["anyone_with_link"]}, {}], "Low"),
        ("anyone_with_link", "Low"),
    ],
)
def test_a_share_is_as_severe_as_its_widest_audience(audience: Any, severity: str) -> None:
    made = event("claude_artifact_sharing_updated", claude_artifact_id="a1", audience=audience)
    assert (made["activity_name"], made["severity"]) == ("Share", severity)


@pytest.mark.parametrize("value", [False, "false", "False"])
def test_a_setting_sent_as_text_is_read_as_a_boolean(value: Any) -> None:
    update = {"type": "claude_code_metrics_logging_enabled", "previous_value": "true", "current_value": value}
    assert event("claude_organization_settings_updated", updates=[update])["severity"] == "High"
    harmless = {**update, "type": "name"}
    assert event("claude_organization_settings_updated", updates=[harmless])["severity"] == "Medium"


def test_a_switch_is_part_of_the_objects_data_afterwards() -> None:
    made = event("org_sso_toggled", enabled=False)
    assert made["entity_result"]["data"] == {"enabled": False}
    assert "enabled" not in made.get("unmapped", {})


def test_a_single_added_member_is_the_user_and_several_stay_in_unmapped() -> None:
    one = event("group_member_added", group_id="g1", group_name="Finance", member_ids=["user_1"])
    assert (one["user"]["uid"], one["group"]["name"]) == ("user_1", "Finance")
    two = event("group_member_added", group_id="g1", member_ids=["user_1", "user_2"])
    assert two["unmapped"]["member_ids"] == ["user_1", "user_2"]
    assert "mapping:partial" not in two["metadata"]["labels"]


@pytest.mark.parametrize(
    ("fields", "mapping_level"),
    [
        ({"resource_details": {"type": "message", "id": "m1"}}, "full"),
        ({"resource_details": {"type": "message", "surprise": "m1"}}, "partial"),
        ({"resource_details": {"type": "hologram"}}, "partial"),
    ],
)
def test_an_undocumented_name_or_value_inside_a_nested_field_is_labeled(fields: Any, mapping_level: str) -> None:
    assert normalize(record(activity("anthropic_access", **fields)), RECEIPT).mapping_level == mapping_level
