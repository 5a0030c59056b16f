"""A row of each report, and builders of events from objects and rows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from forwarder.ocsf import normalize
from forwarder.records import Event, InventoryChange, InventoryRecord, Receipt, UsageRecord
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, TIME_MS, body

Fields = Mapping[str, Any]
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = 1_780_995_600_000
ORGANIZATION = "abcdef01-2345-6789-abcd-ef0123456789"

MESSAGES: dict[str, Any] = {
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
COST: dict[str, Any] = {
    "amount": "123.78912",
    "currency": "USD",
    "cost_type": "tokens",
    "description": "Claude Opus 4.6 Usage - Input Tokens",
    "model": "claude-opus-4-6",
    "token_type": "uncached_input_tokens",
    "workspace_id": "wrkspc_01",
}
CLAUDE_CODE: dict[str, Any] = {
    "actor": {"type": "user_actor", "email_address": "jane@example.com"},
    "organization_id": ORGANIZATION,
    "date": "2026-06-09T00:00:00Z",
    "customer_type": "api",
    "is_remote": False,
    "terminal_type": "iTerm.app",
    "core_metrics": {"num_sessions": 15, "lines_of_code": {"added": 342, "removed": 128}},
    "tool_actions": {"edit_tool": {"accepted": 25, "rejected": 3}},
    "model_breakdown": [
        {
            "model": "claude-opus-4-8",
            "tokens": {"input": 1000, "output": 100, "cache_read": 10, "cache_creation": 1},
            "estimated_cost": {"amount": 186, "currency": "USD"},
        },
        {
            "model": "claude-sonnet-5",
            "tokens": {"input": 2000, "output": 200, "cache_read": 20, "cache_creation": 2},
            "estimated_cost": {"amount": 42.5, "currency": "USD"},
        },
    ],
}
ROWS: dict[str, dict[str, Any]] = {"usage": MESSAGES, "cost": COST, "claude_code_usage": CLAUDE_CODE}

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**70) | st.floats() | TEXT
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2), max_leaves=5
)


@st.composite
def spoiled(draw: st.DrawFn, fields: Fields) -> dict[str, Any]:
    """The object with arbitrary values in some fields, some fields missing and some unknown."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=5))
    kept = {name: value for name, value in fields.items() if name not in names or draw(st.booleans())}
    replaced = {name: draw(ANYTHING) for name in names if name in kept}
    return {**kept, **replaced, **draw(st.dictionaries(TEXT, ANYTHING, max_size=2))}


def listed(
    source: str,
    fields: Fields,
    derived: Fields = MappingProxyType({}),
    *,
    time_ms: int = TIME_MS,
    receipt: Receipt = RECEIPT,
) -> Event:
    """The inventory event of an object."""
    return normalize(InventoryRecord(source, time_ms, fields, derived, ORGANIZATION), receipt)


def changed(source: str, before: Fields | None, after: Fields | None, number: int = 7) -> Event:
    """The change event of an object that differs between two lists."""
    return normalize(InventoryChange(source, TIME_MS, after, before, number, ORGANIZATION), RECEIPT)


def used(source: str, row: Fields, *, start_ms: int = START_MS, revision_ms: int = TIME_MS) -> Event:
    """The usage event of a row in an hourly bucket."""
    return normalize(UsageRecord(source, start_ms, start_ms + HOUR_MS, row, revision_ms, ORGANIZATION), RECEIPT)


def wrong(event: Event) -> list[str]:
    """The problems that either validator finds."""
    return [*faults(body(event)), *objections(body(event))]
