"""Usage records as events: rows complete, tokens summed, money exact, and the same uid when restated."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.errors import Reject
from forwarder.ocsf import usage_uid
from forwarder.records import UsageRecord
from tests.ocsf.admin.world import (
    ANYTHING,
    CLAUDE_CODE,
    COST,
    HOUR_MS,
    MESSAGES,
    ORGANIZATION,
    ROWS,
    START_MS,
    spoiled,
    used,
    wrong,
)
from tests.ocsf.lossless import lost
from tests.ocsf.world import TIME_MS, body

EVERY = pytest.mark.parametrize("source", ROWS)
MEASURES: dict[str, dict[str, Any]] = {
    "usage": {"output_tokens": 501, "cache_creation": {"ephemeral_1h_input_tokens": 7}, "server_tool_use": None},
    "cost": {"amount": "200.5"},
    "claude_code_usage": {"core_metrics": {"num_sessions": 16}, "tool_actions": {}, "model_breakdown": []},
}
DIMENSIONS: dict[str, dict[str, Any]] = {
    "usage": {
        "account_id": "user_01",
        "api_key_id": None,
        "service_account_id": "svac_01",
        "workspace_id": "2024",
        "model": "claude-haiku-5",
        "context_window": "0-200k",
        "inference_geo": "us",
        "service_tier": "batch",
        "speed": "fast",
    },
    "cost": {
        "workspace_id": None,
        "description": "7",
        "cost_type": "web_search",
        "currency": "EUR",
        "model": None,
        "token_type": "output_tokens",
        "service_tier": "batch",
        "context_window": "0-200k",
        "inference_geo": "us",
    },
    "claude_code_usage": {
        "actor": {"type": "api_actor", "api_key_name": "2024"},
        "terminal_type": "vscode",
        "customer_type": "subscription",
        "subscription_type": "team",
        "is_remote": True,
        "organization_id": "another",
    },
}


@EVERY
def test_every_row_is_a_valid_event_that_loses_nothing(source: str) -> None:
    event = used(source, ROWS[source])
    assert wrong(event) == []
    assert lost(ROWS[source], body(event)) == []
    assert (event.stream, body(event)["class_uid"], body(event)["activity_id"]) == ("usage", 6003, 99)
    assert (body(event)["start_time"], body(event)["end_time"]) == (START_MS, START_MS + HOUR_MS)


@pytest.mark.parametrize(
    ("source", "code", "activity", "user", "object_uid", "model", "tokens"),
    [
        ("usage", "usage_report.messages", "Usage Report", "apikey_01", "apikey_01", "claude-opus-4-6", 3700),
        ("cost", "cost_report", "Cost Report", None, "wrkspc_01", "claude-opus-4-6", None),
        (
            "claude_code_usage",
            "usage_report.claude_code",
            "Claude Code Usage Report",
            "jane@example.com",
            None,
            None,
            3333,
        ),
    ],
)
def test_each_report_has_its_code_and_key_fields(
    source: str,
    code: str,
    activity: str,
    user: str | None,
    object_uid: str | None,
    model: str | None,
    tokens: int | None,
) -> None:
    event = used(source, ROWS[source])
    found = event.key_fields
    assert (found.event_code, body(event)["activity_name"]) == (code, activity)
    assert (found.user, found.object_uid, found.model, found.tokens) == (user, object_uid, model, tokens)
    assert (found.organization, found.revision) == (ORGANIZATION, TIME_MS)


# Tokens


def test_usage_sums_input_and_output_tokens_and_keeps_every_field() -> None:
    parsed = body(used("usage", MESSAGES))
    assert parsed["message_context"]["prompt_tokens"] == 3200
    assert parsed["message_context"]["total_tokens"] == 3700
    assert parsed["unmapped"]["usage"]["cache_creation"] == MESSAGES["cache_creation"]


def test_claude_code_sums_its_tokens_over_all_models_and_names_the_only_one() -> None:
    both, one = (
        used("claude_code_usage", CLAUDE_CODE),
        {**CLAUDE_CODE, "model_breakdown": CLAUDE_CODE["model_breakdown"][:1]},
    )
    assert body(both)["message_context"]["prompt_tokens"] == 3033
    assert body(both)["message_context"]["completion_tokens"] == 300
    assert "ai_model" not in body(both)
    assert used("claude_code_usage", one).key_fields.model == "claude-opus-4-8"


@pytest.mark.parametrize("value", ["1500", -5, 1.5, True, None, [7], {"of": 7}])
def test_anything_but_a_whole_number_above_zero_counts_as_nothing_and_is_kept(value: Any) -> None:
    row = {**MESSAGES, "output_tokens": value}
    event = used("usage", row)
    assert event.key_fields.tokens == 3200
    assert wrong(event) + lost(row, body(event)) == []


def test_huge_counts_stay_within_64_bits() -> None:
    event = used("usage", {**MESSAGES, "output_tokens": 2**63, "uncached_input_tokens": 2**64})
    assert event.key_fields.tokens == 2**63 - 1
    assert wrong(event) == []


# Whose


def test_the_user_of_claude_code_is_mapped_as_in_the_activity_feed() -> None:
    person = used("claude_code_usage", CLAUDE_CODE)
    key = used("claude_code_usage", {**CLAUDE_CODE, "actor": {"type": "api_actor", "api_key_name": "ci"}})
    assert body(person)["actor"]["user"]["email_addr"] == "jane@example.com"
    assert body(key)["actor"]["user"] == {"name": "ci", "type": "Service", "type_id": 4}
    assert (key.key_fields.user, key.key_fields.actor_type) == ("ci", "api_actor")
    assert body(key)["unmapped"]["actor"]["type"] == "api_actor"


def test_cost_has_a_workspace_and_an_unknown_actor() -> None:
    parsed = body(used("cost", COST))
    assert parsed["resources"] == [{"uid": "wrkspc_01", "type": "Workspace"}]
    assert parsed["actor"]["user"]["name"] == "unknown"
    assert "resources" not in body(used("cost", {**COST, "workspace_id": None}))


# Money


@pytest.mark.parametrize(
    ("amount", "spent"),
    [
        ("123.78912", "1.2378912"),
        ("1000", "10.00"),
        ("0", "0.00"),
        ("-5", "-0.05"),
        ("0.000000000000000000000000000001", "0.00000000000000000000000000000001"),
        ("123456789012345678901234567890.1", "1234567890123456789012345678.901"),
        (186, "1.86"),
        (42.5, "0.425"),
    ],
)
def test_cents_become_dollars_to_the_last_digit(amount: Any, spent: str) -> None:
    parsed = body(used("cost", {**COST, "amount": amount}))
    assert parsed["unmapped"]["spend"] == {"amount": spent, "currency": "USD"}
    assert parsed["unmapped"]["cost"]["amount"] == amount


@pytest.mark.parametrize(
    "other",
    [
        *({"amount": amount} for amount in ("much", None, True, "1e999999", "NaN")),
        *({"currency": currency} for currency in ("JPY", None, ["USD"])),
    ],
)
def test_an_invalid_amount_or_unknown_currency_is_not_converted(other: dict[str, Any]) -> None:
    event = used("cost", {**COST, **other})
    assert "spend" not in body(event)["unmapped"]
    assert wrong(event) == []


def test_the_estimated_cost_of_claude_code_is_summed_exactly_or_not_at_all() -> None:
    assert body(used("claude_code_usage", CLAUDE_CODE))["unmapped"]["spend"] == {
        "amount": "2.285",
        "currency": "USD",
        "estimated": True,
    }
    partly = {**CLAUDE_CODE, "model_breakdown": [*CLAUDE_CODE["model_breakdown"], {"model": "free"}]}
    assert "spend" not in body(used("claude_code_usage", partly))["unmapped"]


# Identity


@EVERY
def test_a_restated_usage_record_keeps_the_uid_and_raises_the_revision(source: str) -> None:
    first = used(source, ROWS[source])
    for name, value in MEASURES[source].items():
        second = used(source, {**ROWS[source], name: value}, revision_ms=TIME_MS + 1)
        assert second.key_fields.uid == first.key_fields.uid, name
        assert (second.key_fields.revision, body(second)["unmapped"]["revision"]) == (TIME_MS + 1, TIME_MS + 1)


@EVERY
def test_rows_that_differ_in_any_dimension_or_bucket_are_other_events(source: str) -> None:
    rows = [ROWS[source], *({**ROWS[source], name: value} for name, value in DIMENSIONS[source].items())]
    uids = [
        *(used(source, row).key_fields.uid for row in rows),
        used(source, rows[0], start_ms=START_MS + HOUR_MS).key_fields.uid,
    ]
    assert len(set(uids)) == len(uids)


def test_the_same_row_of_two_reports_or_organizations_is_two_events() -> None:
    records = [UsageRecord(source, 0, 1, {"model": "m"}, 1) for source in ROWS]
    records.append(records[0]._replace(organization="another"))
    assert len({usage_uid(record) for record in records}) == len(records)


@pytest.mark.parametrize("value", ["emea", "0-200k", True, {"id": "group_01", "weight": 5}])
def test_a_word_in_an_unknown_field_is_a_dimension(value: Any) -> None:
    assert used("usage", {**MESSAGES, "region": value}).key_fields.uid != used("usage", MESSAGES).key_fields.uid


@pytest.mark.parametrize(
    "value", [5, 1.5, "12.75", "-1e3", "NaN", 2**70, "2026-06-09T10:00:00Z", ["a"], {"requests": 7}, None, ""]
)
def test_a_number_a_timestamp_or_a_list_in_an_unknown_field_is_a_measure(value: Any) -> None:
    assert used("usage", {**MESSAGES, "requests": value}).key_fields.uid == used("usage", MESSAGES).key_fields.uid


@EVERY
def test_the_order_of_fields_changes_no_uid(source: str) -> None:
    assert (
        used(source, dict(reversed(ROWS[source].items()))).key_fields.uid == used(source, ROWS[source]).key_fields.uid
    )


def test_an_unknown_report_is_refused() -> None:
    with pytest.raises(Reject, match="weather") as refusal:
        used("weather", {})
    assert refusal.value.reason == "unknown-report"


# Anything


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_any_row_is_valid_loses_nothing_and_has_the_uid_of_its_record(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(ROWS)))
    row = data.draw(spoiled(ROWS[source]))
    event = used(source, row)
    assert wrong(event) == []
    assert lost(row, body(event)) == []
    assert used(source, row) == event
    record = UsageRecord(source, START_MS, START_MS + HOUR_MS, row, TIME_MS + 5, ORGANIZATION)
    assert usage_uid(record) == event.key_fields.uid


@given(
    st.dictionaries(st.sampled_from(["type", "email_address", "api_key_name", "ip_address", "user_agent"]), ANYTHING)
)
@settings(max_examples=100, deadline=None)
def test_any_actor_of_claude_code_is_valid_and_loses_nothing(actor: dict[str, Any]) -> None:
    for kind in ("user_actor", "api_actor"):
        row = {**CLAUDE_CODE, "actor": {**actor, "type": kind}}
        event = used("claude_code_usage", row)
        assert wrong(event) == []
        assert lost(row, body(event)) == []
