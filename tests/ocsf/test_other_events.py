"""Events that no activity row makes: token usage, key inventory, the forwarder's own health."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.errors import Reject
from forwarder.ocsf.health import Kind, health_event
from forwarder.ocsf.inventory import api_key_event
from forwarder.ocsf.usage import usage_event
from forwarder.records import Event, Receipt
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, TIME_MS, body

BUCKET = {"starting_at": "2026-06-09T09:00:00Z", "ending_at": "2026-06-09T10:00:00Z"}
ROW: dict[str, Any] = {
    "account_id": None,
    "api_key_id": "apikey_01",
    "service_account_id": None,
    "workspace_id": "wrkspc_01",
    "model": "claude-opus-4-6",
    "uncached_input_tokens": 1500,
    "cache_read_input_tokens": 200,
    "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
    "output_tokens": 500,
    "server_tool_use": {"web_search_requests": 10},
}
KEY: dict[str, Any] = {
    "id": "apikey_01",
    "name": "ci",
    "created_at": "2025-10-30T23:58:27.427722Z",
    "created_by": {"id": "user_01", "type": "user"},
    "principal": {"id": "svac_01", "type": "service_account"},
    "expires_at": None,
    "partial_key_hint": "sk-ant-api03-R2D...igAA",
    "status": "active",
    "type": "api_key",
    "workspace_id": None,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
)


def wrong(event: Event) -> list[str]:
    return [*faults(body(event)), *objections(body(event))]


def usage(revision_ms: int = TIME_MS, **fields: Any) -> Event:
    return usage_event(BUCKET, {**ROW, **fields}, RECEIPT, revision_ms)


def test_usage_sums_what_went_in_and_out_and_keeps_every_figure() -> None:
    event = usage()
    parsed = body(event)
    assert wrong(event) == []
    assert parsed["message_context"]["prompt_tokens"] == 3200
    assert parsed["message_context"]["total_tokens"] == event.pivots.tokens == 3700
    assert parsed["unmapped"]["usage"]["cache_creation"] == ROW["cache_creation"]
    assert (event.stream, event.pivots.model, event.pivots.object_uid) == ("usage", "claude-opus-4-6", "apikey_01")


def test_a_restated_figure_keeps_the_uid_and_raises_the_revision() -> None:
    first, second = usage(TIME_MS), usage(TIME_MS + 1, output_tokens=501)
    assert first.pivots.uid == second.pivots.uid
    assert first.pivots.revision == TIME_MS
    assert body(second)["unmapped"]["revision"] == TIME_MS + 1


def test_rows_of_other_groups_and_buckets_are_other_events() -> None:
    later = {"starting_at": "2026-06-09T10:00:00Z", "ending_at": "2026-06-09T11:00:00Z"}
    events = [
        usage(),
        usage(model="claude-sonnet-4-6"),
        usage(api_key_id=None, account_id="apikey_01"),
        usage(workspace_id=None),
        usage_event(later, ROW, RECEIPT, TIME_MS),
        usage_event(BUCKET, ROW, RECEIPT, TIME_MS, organization="org-2"),
    ]
    assert len({event.pivots.uid for event in events}) == len(events)


def test_a_usage_bucket_without_times_is_refused() -> None:
    with pytest.raises(Reject, match="usage bucket"):
        usage_event({"starting_at": "soon"}, ROW, RECEIPT, TIME_MS)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ROW, ANYTHING)))
@settings(max_examples=100, deadline=None)
def test_any_usage_row_is_valid_and_loses_nothing(row: dict[str, Any]) -> None:
    event = usage_event(BUCKET, row, RECEIPT, TIME_MS)
    assert wrong(event) == []
    assert lost(row, body(event)) == []


def test_a_key_in_the_inventory_shows_its_owner_and_expiry() -> None:
    event = api_key_event({**KEY, "expires_at": "2026-12-01T00:00:00Z"}, "2026-06-09", RECEIPT)
    resource = body(event)["resources"][0]
    assert wrong(event) == []
    assert (resource["uid"], resource["owner"]["uid"]) == ("apikey_01", "svac_01")
    assert resource["data"]["expires_at"] == "2026-12-01T00:00:00Z"
    assert resource["created_time"] == 1_761_868_707_427
    assert (event.pivots.object_uid, event.pivots.object_type) == ("apikey_01", "API Key")


def test_an_inventory_event_is_the_same_until_the_day_or_the_key_changes() -> None:
    later = Receipt(RECEIPT.logged_ms + 60_000, "another")
    uid = api_key_event(KEY, "2026-06-09", RECEIPT).pivots.uid
    assert api_key_event(dict(reversed(KEY.items())), "2026-06-09", later).pivots.uid == uid
    assert api_key_event(KEY, "2026-06-10", RECEIPT).pivots.uid != uid
    assert api_key_event({**KEY, "status": "inactive"}, "2026-06-09", RECEIPT).pivots.uid != uid


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEY, ANYTHING)))
@settings(max_examples=100, deadline=None)
def test_any_key_is_valid_and_loses_nothing(key: dict[str, Any]) -> None:
    event = api_key_event(key, "2026-06-09", RECEIPT)
    assert wrong(event) == []
    assert lost(key, body(event)) == []


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_forwarders_own_events_are_valid_and_no_source_record(kind: Kind) -> None:
    event = health_event(kind, {"lag_seconds": 1.5, "last_error": None}, TIME_MS, "uid-1", RECEIPT)
    parsed = body(event)
    assert wrong(event) == []
    assert parsed["metadata"]["event_code"] == f"forwarder.{kind}"
    assert not {"original_event_uid", "original_time"} & parsed["metadata"].keys()
    assert parsed["unmapped"]["forwarder"] == {"lag_seconds": 1.5}
    assert event.pivots.object_uid == RECEIPT.instance
