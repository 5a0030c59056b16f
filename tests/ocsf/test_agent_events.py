"""Every documented event, metric and span of agents becomes its OCSF event."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.ocsf.agent import Origin, Telemetry, events_of
from forwarder.ocsf.agent.attributes import written
from forwarder.ocsf.agent.catalogue import compile_plan, events, metrics
from forwarder.ocsf.agent.plan import AgentPlan
from forwarder.records import Receipt
from tests.ocsf.agent_world import (
    RESOURCE,
    SESSION,
    STANDARD,
    TIME_NS,
    bare,
    documented,
    event_of,
    example,
    log,
    made,
    origin,
    point,
    span,
    wrong,
)
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT

NAMES = sorted(documented()["events"])
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | FRACTIONS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
)
KNOWN = sorted({field for fields in documented()["events"].values() for field in fields} | STANDARD.keys())
CLASSES = {
    "auth": 3002,
    "permission_mode_changed": 3004,
    "plugin_installed": 3004,
    "plugin_loaded": 3004,
    "hook_registered": 3004,
    "mcp_server_connection": 3004,
}


def test_the_tables_hold_every_documented_event_and_metric_with_its_fields() -> None:
    listed = {name: set(entry["fields"]) for name, entry in written("events").items()}
    assert listed == {name: set(fields) for name, fields in documented()["events"].items()}
    counted = {name: set(entry["fields"]) for name, entry in written("metrics").items()}
    assert counted == {name: set(entry["attributes"]) for name, entry in documented()["metrics"].items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_event_is_valid_lossless_and_fully_mapped(name: str) -> None:
    event = event_of(log(name, **example(name)), "full")
    assert wrong(log(name, **example(name))) == []
    assert (event.stream, event.mapping_level) == ("agent", "full")
    assert event.key_fields.class_uid == CLASSES.get(name, 6003)
    assert event.key_fields.event_code == f"claude_code.{name}"


def _choices(plan: AgentPlan) -> list[dict[str, Any]]:
    return [{field: 1 if value == "POSITIVE" else value} for field, plans in plan.cases for value in plans]


@pytest.mark.parametrize("name", NAMES)
def test_every_case_selected_by_a_value_is_valid_and_lossless(name: str) -> None:
    fails = [{field: word} for field in (events()[name].fails,) if field for word in ("false", False)]
    found = [wrong(log(name, **{**example(name), **case})) for case in [*_choices(events()[name]), *fails]]
    assert [fault for faults in found for fault in faults] == []


@pytest.mark.parametrize(
    "value",
    [None, "", "x", "007", "1e5", "TRUE", 5, -1, 2**70, 1.5, True, [], ["x"], [None, ""], {}, {"a": None}, "\ud800"],
)
def test_a_value_of_any_kind_in_every_attribute_is_valid_and_lossless(value: Any) -> None:
    found = [wrong(log(name, **dict.fromkeys(documented()["events"][name], value))) for name in NAMES]
    found += [wrong(log("tool_result", **dict.fromkeys(STANDARD.keys() - {"event.timestamp"}, value)))]
    found += [wrong(log("tool_result", origin(**dict.fromkeys(RESOURCE, value))))]
    assert [fault for faults in found for fault in faults] == []


@given(st.dictionaries(st.sampled_from(KNOWN) | TEXT, ANYTHING, max_size=6), st.sampled_from([*NAMES, "else"]))
@settings(max_examples=200, deadline=None)
def test_any_attributes_give_a_valid_lossless_event(fields: dict[str, Any], name: str) -> None:
    assert wrong(log(name, **{key: value for key, value in fields.items() if key != "event.name"})) == []
    assert wrong(log(name, **fields), "metadata") == []


def test_a_tool_result_names_tool_human_and_agent_separately() -> None:
    event = made(log("tool_result", tool_name="Bash", tool_use_id="toolu_1", success="false", duration_ms="12"))
    assert (event["activity_name"], event["status"], event["severity"]) == ("Tool Call", "Failure", "Low")
    assert event["api"]["operation"] == "tool.Bash"
    assert event["resources"] == [{"uid": "toolu_1", "name": "Bash", "type": "tool"}]
    assert event["duration"] == 12
    user = event["actor"]["user"]
    assert (user["uid"], user["uid_alt"], user["email_addr"]) == (
        "user_01Ada",
        STANDARD["user.account_uuid"],
        "ada@example.com",
    )
    assert event["actor"]["session"] == {"uid": SESSION, "terminal": "iTerm.app"}
    assert event["actor"]["app_name"] == "Claude Code"
    assert event["message_context"]["ai_role"] == "Tool"
    assert event["unmapped"]["ai_agent"]["instance_uid"] == SESSION
    assert event["unmapped"]["delegation"] == {
        "uid": STANDARD["prompt.id"],
        "parent_uid": SESSION,
        "issuer_uid": "user_01Ada",
    }


@pytest.mark.parametrize(("decision", "action", "disposition"), [("accept", 1, 1), ("reject", 2, 25)])
def test_a_tool_decision_has_its_disposition(decision: str, action: int, disposition: int) -> None:
    event = made(log("tool_decision", tool_name="Bash", decision=decision, source="user_reject"))
    assert (event["action_id"], event["disposition_id"]) == (action, disposition)
    assert event["authorizations"] == [{"decision": decision, "policy": {"name": "user_reject"}}]


def test_an_api_request_adds_up_its_tokens() -> None:
    tokens = {"input_tokens": "10", "cache_read_tokens": 200, "cache_creation_tokens": 30.0, "output_tokens": "4"}
    event = event_of(log("api_request", model="claude-opus-4-6", request_id="req_1", **tokens))
    parsed = json.loads(event.body)
    context = parsed["message_context"]
    assert (context["prompt_tokens"], context["completion_tokens"], context["total_tokens"]) == (240, 4, 244)
    assert (event.key_fields.tokens, event.key_fields.model) == (244, "claude-opus-4-6")
    assert parsed["unmapped"]["cache_creation_tokens"] == 30
    assert parsed["api"]["request"] == {"uid": "req_1"}


def test_an_api_error_is_a_failure_with_its_status_code() -> None:
    event = made(log("api_error", model="m", status_code="529"))
    assert (event["status_id"], event["status_code"], event["http_response"]) == (2, "529", {"code": 529})


def test_bypassing_permissions_has_high_severity_and_shows_before_and_after() -> None:
    event = made(log("permission_mode_changed", from_mode="default", to_mode="bypassPermissions", trigger="shift_tab"))
    assert (event["severity"], event["activity_name"]) == ("High", "Update")
    assert event["entity"]["data"] == {"setting": "default"}
    assert event["entity_result"]["data"] == {"setting": "bypassPermissions"}


def test_signing_in_and_out_is_authentication_of_the_human() -> None:
    failed = made(log("auth", action="login", success="false", auth_method="oauth", error_category="network"))
    assert (failed["activity_name"], failed["status"], failed["status_detail"]) == ("Logon", "Failure", "network")
    assert failed["user"] == failed["actor"]["user"]
    assert "ai_agent" not in failed["unmapped"]
    assert made(log("auth", action="logout", success=True))["activity_name"] == "Logoff"


def test_a_hook_that_blocks_the_agent_is_a_denial() -> None:
    blocked = made(log("hook_execution_complete", hook_name="PreToolUse:Bash", num_blocking="1"))
    passed = made(log("hook_execution_complete", hook_name="PreToolUse:Bash", num_blocking="0"))
    assert (blocked["disposition"], blocked["severity"]) == ("Blocked", "Low")
    assert "disposition" not in passed


def test_without_an_account_the_user_is_the_enduser_id_else_the_installation() -> None:
    record = log("tool_result", origin(**{"enduser.id": "eve@example.com"}))
    people = dict.fromkeys(("user.account_id", "user.account_uuid", "user.email"), None)
    user = made(record._replace(attributes={**record.attributes, **people}))["actor"]["user"]
    assert (user["uid"], user["email_addr"]) == ("eve@example.com", "eve@example.com")
    assert made(log(**people))["actor"]["user"]["uid"] == STANDARD["user.id"]
    assert made(bare("x"))["actor"]["user"]["name"] == "unknown"


def test_the_service_name_gives_the_product() -> None:
    event = event_of(log("user_prompt", origin(**{"service.name": "cowork"})))
    parsed = json.loads(event.body)
    assert (event.key_fields.event_code, parsed["actor"]["app_name"]) == ("cowork.user_prompt", "Cowork")
    assert parsed["metadata"]["log_name"] == "cowork.events"


def test_an_event_takes_its_name_from_field_attribute_or_body() -> None:
    where = origin()
    attribute: Any = {"event.name": "auth"}
    records = [bare("claude_code.auth", "x"), bare("", None, **attribute), bare("", "claude_code.auth")]
    names = [record._replace(origin=where) for record in records]
    assert {event_of(record).key_fields.event_code for record in names} == {"claude_code.auth"}
    assert event_of(bare(body="Ada wrote a sentence.")).key_fields.event_code == "unknown"


@pytest.mark.parametrize("name", ["claude_code.brand_new", "Create", "Other", "unknown", "Unknown"])
def test_an_unknown_event_is_labeled_as_fallback(name: str) -> None:
    event = event_of(bare(name, color="red"))
    assert wrong(bare(name, color="red")) == []
    assert (event.mapping_level, event.key_fields.class_uid, event.key_fields.activity_id) == ("fallback", 6003, 99)
    assert "mapping:fallback" in json.loads(event.body)["metadata"]["labels"]


def test_an_unknown_field_of_a_known_event_is_kept_and_labeled() -> None:
    event = event_of(log("compaction", color="red"))
    assert event.mapping_level == "partial"
    assert json.loads(event.body)["unmapped"]["color"] == "red"


def test_attributes_named_like_entries_of_the_forwarder_are_renamed() -> None:
    assert wrong(log("tool_result", ai_agent="a", delegation="b", content="c", resource="d", trace="e")) == []


def test_a_trace_becomes_an_attribute_or_stays_in_unmapped() -> None:
    ids: Any = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"}
    assert made(log("tool_result")._replace(**ids))["trace"] == {"uid": ids["trace_id"]}
    assert made(log("auth")._replace(**ids))["unmapped"]["trace"] == {"uid": ids["trace_id"]}
    assert wrong(log("auth")._replace(**ids)) == []


# Identity and time


def test_an_export_sent_again_gives_the_same_uids_on_any_instance() -> None:
    records: list[Telemetry] = [log(), span(), point(), bare("x", color="red")]
    first = events_of(records, RECEIPT, "metadata").events
    again = events_of(records, Receipt(RECEIPT.logged_ms + 60_000, "another"), "hash").events
    assert [event.key_fields.uid for event in first] == [event.key_fields.uid for event in again]
    assert len({event.key_fields.uid for event in first}) == len(first)


def test_different_records_have_different_uids() -> None:
    records: list[Telemetry] = [
        log(),
        log(**{"event.sequence": 8}),
        log(**{"session.id": "another"}),
        log("tool_decision"),
        log("tool_result", origin(**{"os.type": "darwin"})),
        log()._replace(time_ns=TIME_NS + 1),
        bare("x", a=1),
        bare("x", a=2),
        point(type="input"),
        point(type="output"),
        point(type="input")._replace(time_ns=TIME_NS + 1),
        span(),
        span()._replace(span_id="00f067aa0ba902b8"),
    ]
    assert len({event_of(record).key_fields.uid for record in records}) == len(records)


def test_the_time_is_the_events_else_the_records_else_the_observed_time() -> None:
    stamped = log(**{"event.timestamp": "2026-06-09T10:13:21.500Z"})
    assert event_of(stamped).key_fields.time_ms == 1_781_000_001_500
    assert made(stamped)["metadata"]["original_time"] == "2026-06-09T10:13:21.500Z"
    assert event_of(log(**{"event.timestamp": "soon"})).key_fields.time_ms == TIME_NS // 1_000_000
    late = bare("x")._replace(time_ns=0, observed_ns=TIME_NS)
    assert event_of(late).key_fields.time_ms == TIME_NS // 1_000_000
    assert event_of(bare("x")._replace(time_ns=0)).key_fields.time_ms == RECEIPT.logged_ms


HOUR_NS, DAY_NS = 3_600 * 10**9, 86_400 * 10**9
WRONG_CLOCKS = [1, 10**9, TIME_NS - 8 * DAY_NS, TIME_NS + 2 * HOUR_NS, TIME_NS + 2 * DAY_NS, 2**64 - 1]


@pytest.mark.parametrize("time_ns", WRONG_CLOCKS)
def test_a_clock_that_cannot_be_right_costs_a_record_neither_its_delivery_nor_its_place_in_the_audit(
    time_ns: int,
) -> None:
    absurd = bare("x")._replace(time_ns=time_ns)
    record = log("tool_result")._replace(time_ns=time_ns, observed_ns=time_ns)
    del record.attributes["event.timestamp"]
    spans = span()._replace(start_ns=time_ns, end_ns=min(time_ns + 250_000_000, 2**64 - 1))
    points = point()._replace(start_ns=max(time_ns - 10**9, 0), time_ns=time_ns)
    records: tuple[Telemetry, ...] = (absurd, record, spans, points)
    for one in records:
        event = event_of(one)
        parsed = json.loads(event.body)
        assert (event.key_fields.time_ms, parsed["time"]) == (parsed["time"], event.key_fields.time_ms)
        assert abs(event.key_fields.time_ms - RECEIPT.logged_ms) <= 1000
        assert "time:receipt" in parsed["metadata"]["labels"]
        assert parsed["metadata"]["original_time"].startswith(_rfc3339(time_ns)[:16])
        assert faults(parsed) == []
    assert made(spans)["trace"]["span"]["end_time"] == made(points)["end_time"] == RECEIPT.logged_ms
    assert made(spans)["unmapped"]["client_time"].keys() == made(points)["unmapped"]["client_time"].keys()


def _rfc3339(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat()


@pytest.mark.parametrize("late_ns", [0, HOUR_NS, DAY_NS, 6 * DAY_NS])
def test_what_a_client_kept_for_days_keeps_its_time(late_ns: int) -> None:
    record = log(**{"event.timestamp": None})._replace(time_ns=TIME_NS - late_ns)
    assert event_of(record).key_fields.time_ms == (TIME_NS - late_ns) // 1_000_000
    assert "labels" not in made(record)["metadata"]


def test_a_sum_that_began_long_ago_keeps_its_beginning() -> None:
    event = made(point()._replace(start_ns=TIME_NS - 90 * DAY_NS, temporality=2))
    assert event["end_time"] - event["start_time"] == 90 * DAY_NS // 1_000_000
    assert "labels" not in event["metadata"]


def test_a_client_that_changes_its_clock_between_two_exports_sends_one_event() -> None:
    record = log()._replace(time_ns=TIME_NS + 2 * DAY_NS)
    later = Receipt(RECEIPT.logged_ms + 60_000, "another")
    (first,), (again,) = (events_of([record], receipt, "metadata").events for receipt in (RECEIPT, later))
    assert first.key_fields.uid == again.key_fields.uid


# Attributes of the operator


def test_attributes_that_an_operator_sets_are_no_gap_of_the_mapping_and_delivered() -> None:
    custom = {"team": "payments", "cost_center": "4711"}
    where = origin(**custom)
    records: list[Telemetry] = [log("tool_result", where), log("tool_result", where, **custom)]
    records.append(point("claude_code.token.usage", 3, 1, type="input", **custom)._replace(origin=where))
    for record in records:
        event = event_of(record)
        assert event.mapping_level == "full"
        assert custom.items() <= json.loads(event.body)["unmapped"]["resource"].items()
    assert event_of(log("tool_result", team="payments")).mapping_level == "partial"


def test_an_agent_without_an_identity_has_the_uid_of_its_installation_and_no_invented_name() -> None:
    record = bare(
        "claude_code.api_request", **{"session.id": "s-1", "user.id": "install-1", "cowork.surface": "remote"}
    )
    event = event_of(record._replace(origin=Origin({"service.name": "cowork"})))
    user = json.loads(event.body)["actor"]["user"]
    assert user == {"uid": "install-1", "type": "User", "type_id": 1}
    assert (event.key_fields.user, event.key_fields.actor_uid, event.mapping_level) == (None, "install-1", "full")


# Spans and metrics


@pytest.mark.parametrize("name", [*written("spans"), "something.else", "", "a b c"])
def test_every_span_is_valid_and_lossless(name: str) -> None:
    record = span(name.replace("*", "Bash"), tool="Read")._replace(
        status=2,
        status_message="it broke",
        events=[{"name": "exception", "time": TIME_NS, "attributes": {"exception.type": "E", "n": 2**70}}],
        links=[{"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "attributes": {}}],
    )
    assert wrong(record) == []
    event = made(record)
    assert (event["status"], event["trace"]["span"]["duration"]) == ("Failure", 250)


def test_a_span_without_ids_is_refused() -> None:
    decoded = events_of([span()._replace(trace_id="")], RECEIPT, "metadata")
    assert (decoded.rejected, decoded.reasons[0][:5]) == (1, "no-id")


@pytest.mark.parametrize("name", sorted(metrics()))
def test_a_delta_of_every_documented_metric_is_a_usage_record(name: str) -> None:
    entry = documented()["metrics"][name]
    fields = {field: values[0] if values else f"{field}_01" for field, values in entry["attributes"].items()}
    event = event_of(point(name, 3.0, **fields))
    assert wrong(point(name, 3.0, **fields)) == []
    assert (event.stream, event.mapping_level) == ("usage", "full")
    held = json.loads(event.body)["unmapped"]["cost" if "cost" in name else "usage"]
    assert (held["value"], held["temporality"]) == (3, "delta")


@pytest.mark.parametrize(("kind", "place"), [("input", "prompt"), ("cacheRead", "prompt"), ("output", "completion")])
def test_tokens_count_by_their_type(kind: str, place: str) -> None:
    event = event_of(point("claude_code.token.usage", 120.0, type=kind, model="claude-opus-4-6"))
    assert json.loads(event.body)["message_context"][f"{place}_tokens"] == 120
    assert (event.key_fields.tokens, event.key_fields.model) == (120, "claude-opus-4-6")


def test_cost_is_an_exact_decimal() -> None:
    assert made(point("claude_code.cost.usage", 1.2e-05, model="m"))["unmapped"]["cost"]["amount"] == "0.000012"


TOTAL, GAUGE = point("claude_code.token.usage", 120, 2), point()._replace(form="gauge", temporality=0)


@pytest.mark.parametrize("record", [TOTAL, GAUGE, point("claude_code.token.usage", None)])
def test_a_point_that_is_no_delta_is_a_metric_report_and_no_usage(record: Any) -> None:
    event = event_of(record)
    parsed = json.loads(event.body)
    assert wrong(record) == []
    assert (event.stream, event.key_fields.tokens, parsed["activity_name"]) == ("agent", None, "Metric Report")
    assert "usage" not in parsed["unmapped"]


def test_a_histogram_is_lossless() -> None:
    details = {"count": 2, "sum": 3.5, "bucket_counts": [1, 1], "explicit_bounds": [1.0], "exemplars": [{"value": 1.5}]}
    record = point("x.duration", None)._replace(form="histogram", details=details)
    assert wrong(record) == []
    held = made(record)["unmapped"]["metric"]
    assert {name: held[name] for name in details} == details


def test_an_invalid_table_entry_is_refused() -> None:
    for wrong_entry in ({"class": "nothing"}, {"role": "Nobody"}, {"risk": "nothing"}, {"disposition": "Lost"}):
        with pytest.raises(KeyError):
            compile_plan("x", {"about": "", "activity": "Create", **wrong_entry})
