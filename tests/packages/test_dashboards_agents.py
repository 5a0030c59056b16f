"""Agents and data exposure, counted again in plain Python."""

from collections import Counter
from functools import cache
from typing import Any

from tests.packages.dashboard_envelopes import Envelope
from tests.packages.dashboard_world import world
from tests.packages.dashboards_counted import activities, days, figure, rows, within
from tools.content.dashboards_lookups import activity_codes

AGENTS, EXPOSURE = "claude_agents", "claude_exposure"
PERSON = "chloe.lopez@example.com"


@cache
def agent_events() -> list[Envelope]:
    """A week of telemetry, without its metrics."""
    return [e for e in within(world().of("otlp"), days(7)) if e["index"] == "claude_agent"]


def step(envelope: dict[str, Any]) -> str:
    return str(envelope["fields"]["claude_code"].rpartition(".")[2])


def of(name: str, person: str | None = None) -> list[dict[str, Any]]:
    return [e for e in agent_events() if step(e) == name and person in (None, e["fields"].get("claude_user"))]


def test_people_sessions_tools_refusals_and_tokens_of_agents() -> None:
    assert figure(AGENTS, "people") == len({e["fields"]["claude_user"] for e in agent_events()}) > 20
    assert figure(AGENTS, "sessions") == len({e["event"]["actor"]["session"]["uid"] for e in agent_events()})
    assert figure(AGENTS, "calls") == len(of("tool_result")) > 100
    assert figure(AGENTS, "refused") == len([e for e in of("tool_decision") if e["event"]["action"] == "Denied"]) > 10
    assert figure(AGENTS, "tokens") == sum(e["fields"]["claude_tokens"] for e in of("api_request")) > 1_000_000
    assert figure(AGENTS, "loosened") == len([e for e in agent_events() if e["event"]["severity"] == "High"]) == 1


def test_a_selected_user_is_counted_alone() -> None:
    assert figure(AGENTS, "people", person=PERSON) == 1
    assert figure(AGENTS, "calls", person=PERSON) == len(of("tool_result", PERSON)) > 3


def test_tools_are_counted_by_name_and_result() -> None:
    tools = {row["Tool"]: row for row in rows(AGENTS, "tools")}
    runs = Counter(e["event"]["resources"][0]["name"] for e in of("tool_result"))
    failed = Counter(e["event"]["resources"][0]["name"] for e in of("tool_result") if e["event"]["status"] == "Failure")
    assert {tool: row["Runs"] for tool, row in tools.items() if row["Runs"]} == runs
    assert {tool: row["Failed"] for tool, row in tools.items() if row["Failed"]} == failed
    decided = rows(AGENTS, "deciders")
    assert sum(row["Allowed"] + row["Denied"] for row in decided) == len(of("tool_decision"))


def test_a_session_has_its_prompts_tools_and_tokens() -> None:
    (row,) = (row for row in rows(AGENTS, "sessions_listed", person=PERSON) if row["Started"].startswith("2026-11-18"))
    inside = [e for e in agent_events() if e["event"]["actor"]["session"]["uid"] == row["Session"]]
    assert row["Prompts"] == len([e for e in inside if step(e) == "user_prompt"]) > 0
    assert row["Tools"] == len([e for e in inside if step(e) == "tool_result"]) > 0
    assert row["Tokens"] == sum(e["fields"]["claude_tokens"] for e in inside if step(e) == "api_request")


def test_weakened_controls_come_first() -> None:
    first = rows(AGENTS, "limits")[0]
    assert (first["Severity"], first["Detail"]) == ("High", "bypassPermissions")


def test_the_daily_report_is_summed_by_user() -> None:
    reports = within(world().of("claude_code_usage"), days(7))
    commits: Counter[str] = Counter()
    for e in reports:
        person = e["fields"].get("claude_user") or e["fields"]["claude_actor"]
        commits[person] += e["event"]["unmapped"]["claude_code"]["core_metrics"]["commits_by_claude_code"]
    assert {row["User"]: row["Commits"] for row in rows(AGENTS, "work")} == commits
    assert [row["User"] for row in rows(AGENTS, "work", person="chloe.abe@example.com")] == ["chloe.abe@example.com"]


def exposed() -> list[dict[str, Any]]:
    """By the forwarder's own table: what has a risk of data or controls, and was not just recorded."""
    listed = {row["claude_code"]: row["risk"] for row in codes()}
    return [
        e
        for e in within(activities(), days(30))
        if listed.get(e["fields"]["claude_code"], "").startswith(("data", "control")) and e["event"]["severity_id"] > 1
    ]


def codes() -> list[dict[str, str]]:
    return [dict(zip(("claude_code", "theme", "means", "risk"), row, strict=True)) for row in activity_codes()]


def test_exposure_events_are_listed_and_counted_by_kind() -> None:
    assert len(rows(EXPOSURE, "exposed")) == len(exposed()) > 20
    counted = sum(figure(EXPOSURE, panel) for panel in ("exports", "outside", "shared"))
    controls = [e for e in exposed() if risk(e).startswith("control")]
    assert counted + len(controls) == len(exposed())
    assert figure(EXPOSURE, "weakened") == len([e for e in controls if e["event"]["severity_id"] > 3])
    by_day = rows(EXPOSURE, "by_day")
    assert sum(int(n) for row in by_day for kind, n in row.items() if kind != "_time") == len(exposed())


def risk(envelope: dict[str, Any]) -> str:
    return next(row["risk"] for row in codes() if row["claude_code"] == envelope["fields"]["claude_code"])


def test_the_export_of_the_attack_is_at_the_top_for_its_user() -> None:
    shown = rows(EXPOSURE, "exposed", person="dai.abe@example.com")
    assert [row["What"] for row in shown][:2] == [
        "An export of the organization's data was downloaded",
        "An export of the organization's data began",
    ]
    assert {row["Who"] for row in shown} == {"dai.abe@example.com"}


def test_file_events_are_counted_by_day_and_user_and_duplicates_twice() -> None:
    events = within(world().raw("activities"), days(30))
    uploads = [e for e in events if e["fields"]["claude_code"].endswith("_uploaded") and "claude_actor" in e["fields"]]
    assert sum(row["Uploaded"] for row in rows(EXPOSURE, "files")) == len(uploads) > 100
    first = rows(EXPOSURE, "movers")[0]
    opened = [e for e in events if e["fields"]["claude_code"] == "claude_file_viewed" and _is_attackers(e)]
    assert (first["Who"], first["Opened"]) == ("dai.abe@example.com", len(opened))
    assert len({e["fields"]["claude_uid"] for e in opened}) == 60


def _is_attackers(envelope: Envelope) -> bool:
    return str(envelope["fields"].get("claude_user")) == "dai.abe@example.com"
