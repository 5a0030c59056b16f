"""The overview's values, recomputed from the envelopes in Python."""

from decimal import Decimal

import pytest

from tests.packages.dashboard_world import world
from tests.packages.dashboards_counted import activities, days, figure, rows, within

NAME = "claude_overview"
WEEK = days(7)


def test_people_are_counted_once() -> None:
    people = {e["fields"].get("claude_actor", "") for e in within(activities(), WEEK)}
    assert figure(NAME, "people") == len([person for person in people if person.startswith("user_")]) > 100


def test_tokens_and_keys_are_those_of_the_usage_report() -> None:
    buckets = within(world().of("usage"), WEEK)
    keys = {e["fields"]["claude_object"] for e in buckets if "claude_object" in e["fields"]}
    assert figure(NAME, "keys") == len(keys) > 20
    total = sum(e["fields"]["claude_tokens"] for e in buckets)
    assert figure(NAME, "tokens") == round(total / 1e6, 1) > 100


def test_cost_is_the_sum_of_the_cost_report() -> None:
    lines = within(world().of("cost"), WEEK)
    total = sum(Decimal(e["event"]["unmapped"]["spend"]["amount"]) for e in lines)
    assert figure(NAME, "cost") == pytest.approx(float(total))
    assert total > 100


def test_severe_events_are_counted_and_listed() -> None:
    events = within(activities(), WEEK)
    high = [e for e in events if e["event"]["severity"] == "High"]
    assert figure(NAME, "high") == len(high) > 5
    listed = rows(NAME, "raised")
    codes = {
        (e["fields"]["claude_code"], _who(e), e["event"]["severity"]) for e in events if e["event"]["severity_id"] > 2
    }
    assert len(listed) == len(codes), "each type once a person or key"
    assert {row["Severity"] for row in listed[: len([c for c in codes if c[2] == "High"])]} == {"High"}
    assert ("dai.abe@example.com", "An export of the organization's data began") in {
        (r["Who"], r["What"]) for r in listed
    }


def _who(envelope: dict[str, dict[str, str]]) -> str:
    """A difference between two lists has no actor."""
    fields = envelope["fields"]
    if fields["claude_code"] == "user.role_changed":
        return "unknown"
    return fields.get("claude_user") or fields.get("claude_actor") or "unknown"


def test_the_days_count_all_events() -> None:
    events = [e for e in within(world().envelopes, WEEK) if e["source"] != "claude:forwarder"]
    for stream, index in {"Activity": "claude", "Usage": "claude_usage", "Agent": "claude_agent"}.items():
        count = len([e for e in events if e["index"] == index])
        assert sum(row[stream] for row in rows(NAME, "arrivals")) == count > 100
    assert len(rows(NAME, "arrivals")) == 8


def test_the_most_active_come_first_and_themes_count_duplicates_twice() -> None:
    theirs = [e for e in within(world().raw("activities"), WEEK) if "claude_actor" in e["fields"]]
    first = rows(NAME, "busiest")[0]
    assert first["User"] == "dai.abe@example.com"
    assert first["Events"] == len([e for e in theirs if e["fields"].get("claude_user") == first["User"]])
    chats = [e for e in theirs if "theme:chats" in e["event"]["metadata"].get("labels", ())]
    assert rows(NAME, "themes")[0] == {"theme": "chats", "Events": len(chats)}


def test_the_lag_is_that_of_the_last_report() -> None:
    last = max(world().of("forwarder"), key=lambda e: e["time"])
    assert figure(NAME, "lag") == round(last["event"]["unmapped"]["forwarder"]["totals"]["lag_seconds"] / 60, 1)
