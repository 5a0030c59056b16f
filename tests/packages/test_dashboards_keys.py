"""Keys, tokens and cost, counted again in plain Python; money as exact decimals."""

from calendar import monthrange
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from tests.packages.dashboard_envelopes import Envelope
from tests.packages.dashboard_searches import ASK, key_lookup_rows
from tests.packages.dashboard_world import NOW, world
from tests.packages.dashboards_counted import activities, days, figure, members, rows, within

KEYS, TOKENS = "claude_keys", "claude_tokens"
MONTH = days(30)


@cache
def buckets() -> list[Envelope]:
    """Usage records in their newest revision."""
    return within(world().of("usage"), MONTH)


@cache
def listed() -> dict[str, Any]:
    """The keys as they were listed last, without the one that has vanished."""
    records = sorted(world().of("api_keys"), key=lambda e: float(e["time"]))
    last = {e["fields"]["claude_object"]: e["event"] for e in records}
    return {key: event for key, event in last.items() if event["metadata"]["event_code"] == "api_key.inventory"}


def resource(key: str) -> dict[str, Any]:
    """The key as the list shows it."""
    found: dict[str, Any] = listed()[key]["resources"][0]
    return found


def active() -> list[str]:
    return [key for key in listed() if resource(key)["data"]["status"] == "active"]


def age(key: str) -> int:
    return int(listed()[key]["unmapped"]["derived"]["age_days"])


def test_keys_are_classified_by_age_owner_use_and_expiry() -> None:
    used = {e["fields"].get("claude_object") for e in buckets()}
    now = {e["fields"]["claude_object"] for e in members()}
    assert figure(KEYS, "active") == len(active()) == 20
    assert figure(KEYS, "orphans") == len([k for k in active() if resource(k)["owner"]["uid"] not in now]) == 1
    assert figure(KEYS, "unused") == len([key for key in active() if key not in used])
    assert figure(KEYS, "endless") == len([key for key in active() if "expires_at" not in resource(key)["data"]])


@pytest.mark.parametrize("max_age", [30, 60, 90])
def test_rotation_is_due_by_the_age_chosen_or_by_the_keys_own(max_age: int) -> None:
    own = dict.fromkeys(key_lookup_rows(world()), 30)
    due = [key for key in active() if age(key) >= own.get(key, max_age)]
    assert figure(KEYS, "due", max_age=str(max_age)) == len(due) > 1
    by_key = {row["Key"]: row for row in rows(KEYS, "keys", max_age=str(max_age))}
    assert {key for key, row in by_key.items() if row["Status"] == "rotate"} <= set(due)
    assert {row["Contact"] for row in by_key.values()} == {ASK, "-"}


def switched_off(key: str) -> float:
    """When it was first known that the key is off: from the feed or from a list."""
    changes = [
        float(e["time"])
        for e in [*activities(), *world().of("api_keys")]
        if e["fields"].get("claude_object") == key and _status(e["event"]) in ("inactive", "archived")
    ]
    return min(changes, default=float("inf"))


def _status(event: dict[str, Any]) -> str:
    after = event.get("entity_result") or (event.get("resources") or [{}])[0]
    return str(after.get("data", {}).get("status"))


def test_revoked_keys_in_use_are_the_attacked_key_and_one_more() -> None:
    last_use = {
        key: max((e["time"] for e in buckets() if e["fields"].get("claude_object") == key), default=0)
        for key in listed()
    }
    ghosts = {key for key in listed() if key not in active() and last_use[key] > switched_off(key)}
    assert figure(KEYS, "ghosts") == len(ghosts) == 2
    assert {row["Key"] for row in rows(KEYS, "keys") if row["Status"] == "revoked but used"} == ghosts
    assert {row["Owner"] for row in rows(KEYS, "keys") if row["Key"] in ghosts} >= {"dai.abe@example.com"}


def test_every_key_stands_in_the_table_with_its_last_use_and_tokens() -> None:
    by_key = {row["Key"]: row for row in rows(KEYS, "keys")}
    assert set(by_key) == set(listed())
    for key, row in by_key.items():
        uses = [e for e in buckets() if e["fields"].get("claude_object") == key]
        assert row.get("Tokens", 0) == sum(e["fields"]["claude_tokens"] for e in uses)
        last = datetime.fromtimestamp(max((e["time"] for e in uses), default=0), UTC)
        assert row["Last used"] == (f"{last:%Y-%m-%d %H:%M}" if uses else "-")
        assert row["Age in days"] == age(key)
    assert sum(row["Keys"] for row in rows(KEYS, "ages")) == len(active())


def test_readers_of_the_compliance_api_are_counted() -> None:
    calls = Counter(
        (e["fields"]["claude_actor"], e["fields"]["claude_src"])
        for e in within(activities(), MONTH)
        if e["fields"]["claude_code"] == "compliance_api_accessed"
    )
    assert {(row["Key"], row["Address"]): row["Calls"] for row in rows(KEYS, "readers")} == calls


def test_keys_created_and_revoked_at_night_are_listed() -> None:
    night = [row for row in rows(KEYS, "lifecycle") if row["Time"].startswith("2026-11-17 0")]
    assert {row["Who"] for row in night} == {"dai.abe@example.com"}
    assert {"API Key: vanished"} == {row["What"] for row in rows(KEYS, "lifecycle") if row["Who"] == "unknown"}
    assert Counter(row["What"] for row in night)["An API key was created in the Console"] == 9


def by(field: str) -> Counter[str]:
    """Tokens of the usage report by one of its groups."""
    totals: Counter[str] = Counter()
    for e in buckets():
        totals[e["event"]["unmapped"]["usage"].get(field, "default")] += e["fields"]["claude_tokens"]
    return totals


def dollars(field: str) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for e in within(world().of("cost"), MONTH):
        group = e["event"]["unmapped"]["cost"].get(field, "default")
        totals[group] = totals.get(group, Decimal(0)) + Decimal(e["event"]["unmapped"]["spend"]["amount"])
    return totals


def test_tokens_add_up_over_people_keys_workspaces_and_models() -> None:
    total = sum(e["fields"]["claude_tokens"] for e in buckets())
    assert figure(TOKENS, "tokens") == round(total / 1e6, 1)
    assert sum(row["Tokens"] for row in rows(TOKENS, "workspaces")) == total
    assert {row["Workspace"]: row["Tokens"] for row in rows(TOKENS, "workspaces")} == by("workspace_id")
    assert {row["Model"]: row["Tokens"] for row in rows(TOKENS, "models") if "Tokens" in row} == by("model")
    keys, people = by("api_key_id"), by("account_id") + by("service_account_id")
    assert {row["Key"]: row["Tokens"] for row in rows(TOKENS, "keys")} == {
        k: n for k, n in keys.items() if k != "default"
    }
    assert sum(row["Tokens"] for row in rows(TOKENS, "people")) == sum(
        n for who, n in people.items() if who != "default"
    )
    assert "dai.abe@example.com" in {row["User"] for row in rows(TOKENS, "people")}
    shown = [n for row in rows(TOKENS, "tokens_by_day") for name, n in row.items() if name != "_time"]
    assert sum(shown) == total


def test_the_share_of_the_cache_is_that_of_the_input() -> None:
    cached = sum(e["event"]["unmapped"]["usage"].get("cache_read_input_tokens", 0) for e in buckets())
    prompt_tokens = sum(e["event"]["message_context"]["prompt_tokens"] for e in buckets())
    assert figure(TOKENS, "cached") == round(cached / prompt_tokens * 100, 1) > 10


def test_cost_is_exact_by_workspace_and_in_all() -> None:
    total = sum(dollars("workspace_id").values())
    assert figure(TOKENS, "cost") == pytest.approx(float(total))
    for row in rows(TOKENS, "workspaces"):
        assert row["US dollars"] == pytest.approx(float(dollars("workspace_id")[row["Workspace"]]))
    shown = [n for row in rows(TOKENS, "cost_by_day") for name, n in row.items() if name != "_time"]
    assert sum(shown) == pytest.approx(float(total))


def forecast(workspace: str | None = None) -> tuple[float, float]:
    """Cost of November so far, and what it will come to: the mean of seven days for each day that is left."""
    daily: dict[int, Decimal] = {}
    for e in world().of("cost"):
        if workspace is None or e["event"]["unmapped"]["cost"].get("workspace_id", "default") == workspace:
            day = (datetime.fromtimestamp(e["time"], UTC) - datetime(2026, 11, 1, tzinfo=UTC)).days
            daily[day] = daily.get(day, Decimal(0)) + Decimal(e["event"]["unmapped"]["spend"]["amount"])
    newest = max(daily)
    so_far = sum(float(usd) for day, usd in daily.items() if day >= 0)
    mean = sum(float(usd) for day, usd in daily.items() if day > newest - 7) / 7
    return so_far, so_far + mean * (monthrange(NOW.year, NOW.month)[1] - newest - 1)


@pytest.mark.parametrize(("workspace", "limit"), [("*", 10_000), ("default", 100)])
def test_the_month_is_forecast_against_the_limit_chosen(workspace: str, limit: int) -> None:
    so_far, end = forecast(None if workspace == "*" else workspace)
    chosen = {"workspace": workspace, "limit": str(limit)}
    assert figure(TOKENS, "so_far", **chosen) == pytest.approx(so_far)
    assert figure(TOKENS, "forecast", **chosen) == pytest.approx(end, abs=0.01)
    assert figure(TOKENS, "share", **chosen) == pytest.approx(end / limit * 100, abs=0.06)
    assert (figure(TOKENS, "share", **chosen) >= 100) == (limit == 100), "red in one case, not in the other"


def test_a_selected_workspace_is_counted_alone() -> None:
    tokens = by("workspace_id")["default"]
    assert figure(TOKENS, "tokens", workspace="default") == round(tokens / 1e6, 1)
    assert {row["Workspace"] for row in rows(TOKENS, "workspaces", workspace="default")} == {"default"}
    assert figure(TOKENS, "cost", workspace="default") == pytest.approx(float(dollars("workspace_id")["default"]))
