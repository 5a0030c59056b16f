"""Hunting queries about keys and agents: test cases with near misses, and the distinguishing columns of the expected
rows.
"""

from datetime import datetime

from forwarder.records import Event
from tests.content.records import activity, inventory, person, usage
from tests.packages.hunting_events import HuntTestCase, acts, ago, calls, every, telemetry, tokens


def _keys() -> HuntTestCase:
    listed = [inventory("apikey_known", "active", ago(9)).event, *calls("apikey_known", "curl/8", [ago(2)])]
    known = [*listed, *tokens({"api_key_id": "apikey_known"}, ago(2))]
    made = acts("api_key_created", "ann", ago(6), api_key_id="apikey_reader", scopes=["read:compliance_activities"])
    reader = calls("apikey_reader", "curl/8", [ago(5), ago(4)])
    stranger = tokens({"api_key_id": "apikey_stranger"}, ago(3), ago(2), read=500, written=20)
    person_s = tokens({"account_id": "user_ann"}, ago(2))
    made += acts("platform_api_key_updated", "bob", ago(7), api_key_id="apikey_reader")
    reader_row = {"key": "apikey_reader", "events": 2, "tokens": 0, "did": '["compliance_api_accessed"]'}
    rows = [
        {"key": "apikey_stranger", "events": 2, "tokens": 1040, "did": '["usage_report.messages"]', "made_by": None},
        {**reader_row, "made_by": "ann@example.com", "made_at": ago(6)},
    ]
    return HuntTestCase([*known, *made, *reader, *stranger, *person_s], rows)


def _agents() -> HuntTestCase:
    often = [
        *calls("apikey_job", "python-httpx/0.28", every(39, ago(9))),
        *calls("apikey_job", "curl/8.5", [ago(2), ago(1)]),
    ]
    versions = calls("apikey_job", "python-httpx/0.29", [ago(1, 8)])
    mixed = [
        *calls("apikey_mix", "python-httpx/0.28", every(17, ago(9))),
        *calls("apikey_mix", "curl/8.5", every(3, ago(2))),
    ]
    seldom = [*calls("apikey_few", "python-httpx/0.28", every(18, ago(9))), *calls("apikey_few", "curl/8.5", [ago(2)])]
    browsers = [{**person("ann"), "user_agent": name} for name in ("Firefox/1", *["Chrome/1"] * 29)]
    looked = [
        activity("user_logged_out", who, time).event for who, time in zip(browsers, every(30, ago(4)), strict=True)
    ]
    found = {"key": "apikey_job", "program": "curl", "uses": 2, "calls": 42, "first_use": ago(2), "last_use": ago(1)}
    return HuntTestCase([*often, *versions, *mixed, *seldom, *looked], [found])


def _models() -> HuntTestCase:
    def at_work(workspace: str, model: str, key: str, *times: datetime, read: int = 900) -> list[Event]:
        return tokens({"workspace_id": workspace, "model": model, "api_key_id": key}, *times, read=read)

    changed = [*at_work("w_old", "opus", "apikey_a", ago(20), ago(2)), *at_work("w_old", "haiku", "apikey_a", ago(3))]
    changed += at_work("w_old", "haiku", "apikey_b", ago(2), read=5000)
    young = [*at_work("w_new", "opus", "apikey_c", ago(9)), *at_work("w_new", "haiku", "apikey_c", ago(3))]
    long_since = [
        *at_work("w_mix", "opus", "apikey_d", ago(20)),
        *at_work("w_mix", "haiku", "apikey_d", ago(8), ago(2)),
    ]
    found = {"workspace": "w_old", "model": "haiku", "first_used": ago(3), "tokens": 6100, "principals": 2}
    read_later = {"model": "sonnet", "workspace_id": "w_old", "api_key_id": "apikey_e", "output_tokens": 0}
    backfilled = usage(read_later, ago(2), 900, backfilled=True).event
    nothing = tokens({**read_later, "model": "fable"}, ago(2), read=0, written=0)
    return HuntTestCase([*changed, *young, *long_since, backfilled, *nothing], [{**found, "principal": "apikey_b"}])


def _output() -> HuntTestCase:
    ordinary = [e for name in "abcdefg" for e in tokens({"account_id": f"user_{name}"}, ago(3))]
    writer = tokens({"api_key_id": "apikey_writer"}, *every(3, ago(4), 3600), read=60_000, written=40_000)
    twice = tokens({"api_key_id": "apikey_twice"}, ago(3), read=810_000, written=190_000)
    little = tokens({"api_key_id": "apikey_little"}, ago(3), read=1, written=99_999)
    found = {"principal": "apikey_writer", "output": 120_000, "percent": 40.0, "median_percent": 10.0, "hours": 3}
    return HuntTestCase([*ordinary, *writer, *twice, *little], [found])


def _tools() -> HuntTestCase:
    read = [telemetry("tool_result", who, ago(3), tool_name="Read", success="true") for who in ("ann", "bob", "cy")]
    wiki = [telemetry("tool_result", who, ago(4), tool_name="mcp__wiki", success="true") for who in ("ann", "bob")]
    shell = [telemetry("tool_result", "eve", time, tool_name="mcp__shell", success="true") for time in every(4, ago(2))]
    decision = telemetry("tool_decision", "eve", ago(2), tool_name="mcp__asked", decision="accept", source="config")
    rows = [
        {"tool": "mcp__shell", "people": 1, "runs": 4, "user": "eve@example.com"},
        {"tool": "mcp__wiki", "people": 2, "runs": 2, "user": "bob@example.com"},
    ]
    return HuntTestCase([*read, *wiki, *shell, decision], rows)


def _denied() -> HuntTestCase:
    def refusals(session: str, count: int) -> list[Event]:
        decision = {"tool_name": "Bash", "decision": "reject", "source": "config"}
        return [telemetry("tool_decision", "eve", time, session, **decision) for time in every(count, ago(5))]

    hook = telemetry("hook_execution_complete", "eve", ago(5, 11), "seldom", num_blocking="1")
    allowed = telemetry(
        "tool_decision", "eve", ago(5, 8), "often", tool_name="Read", decision="accept", source="config"
    )
    ran = telemetry("tool_result", "eve", ago(5, 10), "often", tool_name="Read", success="true")
    found = {
        "session_id": "often",
        "user": "eve@example.com",
        "denied": 5,
        "denied_tools": '["Bash"]',
        "ran": 1,
        "began": ago(5, 8),
        "ended": ago(5, 10),
    }
    return HuntTestCase([*refusals("often", 5), *refusals("seldom", 4), hook, allowed, ran], [found])


TEST_CASES = {
    "ClaudeKeysMissingFromInventory": _keys,
    "ClaudeRareUserAgentsOfAKey": _agents,
    "ClaudeModelsNewToAWorkspace": _models,
    "ClaudePrincipalsWithHighOutputShare": _output,
    "ClaudeRareAgentTools": _tools,
    "ClaudeAgentSessionsWithMostDeniedTools": _denied,
}
