"""People: the trail of one of them, who signs in, who may do what; counted again in plain Python."""

from typing import Any

from tests.packages.dashboard_world import world
from tests.packages.dashboards_counted import activities, days, figure, members, rows, within

WHO, IDENTITY = "claude_who", "claude_identity"
ATTACKER, ATTACKERS_ID = "dai.abe@example.com", "user_01b8u1CPpzBCNjS6W92jY5P4"
NAMING = ("claude_user", "claude_actor", "claude_object", "claude_src")
CHANGING = (
    *("members", "role-assignments", "role-definitions", "groups", "single-sign-on", "second-factors"),
    *("workspace-members", "sign-in"),
)
WEEK, MONTH = days(7), days(30)


def theirs(who: str, *also: str) -> list[dict[str, Any]]:
    """Events of a week with the entity as user, actor, object or address, without inventories and cost."""
    events = within([*activities(), *world().of("usage", "claude_code_usage", "otlp")], WEEK)
    return [e for e in events if {who, *also} & {e["fields"].get(field) for field in NAMING} and _is_action(e)]


def test_a_user_is_matched_by_address_and_id() -> None:
    known = theirs(ATTACKER, ATTACKERS_ID)
    assert figure(WHO, "events", who=ATTACKER) == len(known) > 100
    tokens = [e for e in known if e["fields"]["claude_code"] == "usage_report.messages"]
    assert figure(WHO, "tokens", who=ATTACKER) == sum(e["fields"]["claude_tokens"] for e in tokens) > 100_000
    assert figure(WHO, "severe", who=ATTACKER) == len([e for e in known if e["event"]["severity_id"] > 3]) > 1


def test_for_all_users_only_the_newest_events_are_read() -> None:
    assert figure(WHO, "events") == len({e["fields"]["claude_uid"] for e in newest()}) <= 5000


def newest() -> list[dict[str, Any]]:
    """The newest 5,000 with any entity, as indexed."""
    naming = [e for e in within(world().envelopes, WEEK) if set(NAMING) & set(e["fields"]) and _is_action(e)]
    return sorted(naming, key=lambda e: float(e["time"]))[-5000:]


def _is_action(envelope: dict[str, Any]) -> bool:
    """No list, no cost, no report of the forwarder."""
    code = str(envelope["fields"]["claude_code"])
    return not code.endswith(".inventory") and not code.startswith("forwarder.") and code != "cost_report"


def test_a_key_is_matched_as_actor_and_as_object() -> None:
    key = next(
        e["fields"]["claude_object"] for e in activities() if e["fields"]["claude_code"] == "scoped_api_key_deleted"
    )
    known = theirs(key)
    assert {e["fields"]["claude_code"] for e in known} == {"compliance_api_accessed", "scoped_api_key_deleted"}
    assert figure(WHO, "events", who=key) == len(known)
    assert {row["Kind"] for row in rows(WHO, "trail", who=key)} == {"Keys"}


def test_the_timeline_lists_the_attack_newest_first() -> None:
    steps = [row for row in rows(WHO, "trail", who=ATTACKER) if row["Kind"] != "Tokens"]
    assert steps[0]["What"] == "The list of members was exported"
    assert [row["Time"] for row in steps] == sorted((row["Time"] for row in steps), reverse=True)
    files = [row for row in steps if row["Kind"] == "Files" and row["Time"].startswith("2026-11-17 02:")]
    assert len(files) == 60, "read at night, one every ten seconds"
    assert {row["What"] for row in steps if row["Kind"] == "Exports and shares"} >= {
        "An export of the organization's data began",
        "An export of the organization's data was downloaded",
    }


def test_hours_count_every_event_except_tokens() -> None:
    known = [e for e in theirs(ATTACKER, ATTACKERS_ID) if e["fields"]["claude_code"] != "usage_report.messages"]
    counts = [sum(int(n) for kind, n in row.items() if kind != "_time") for row in rows(WHO, "days", who=ATTACKER)]
    assert sum(counts) == len(known)


def test_addresses_are_those_of_events() -> None:
    from_there = [e for e in theirs(ATTACKER, ATTACKERS_ID) if e["fields"].get("claude_src") == "203.0.113.66"]
    (row,) = (row for row in rows(WHO, "places", who=ATTACKER) if row["Address"] == "203.0.113.66")
    assert row["Events"] == len(from_there) > 80


def signins(status: str) -> list[dict[str, Any]]:
    return [
        e
        for e in within(activities(), MONTH)
        if (e["fields"]["claude_class"], e["fields"]["claude_activity"]) == (3002, 1) and e["event"]["status"] == status
    ]


def test_sign_ins_are_counted_by_result() -> None:
    for panel, status in {"succeeded": "Success", "failed": "Failure"}.items():
        assert figure(IDENTITY, panel) == len(signins(status)) > 3
    by_day = rows(IDENTITY, "by_day")
    assert sum(row["Succeeded"] for row in by_day) == len(signins("Success"))
    assert sum(row["Failed"] for row in by_day) == len(signins("Failure"))
    assert len({row["_time"] // 86_400 for row in by_day}) == len(by_day), "a row a day"
    assert sum(row["Count"] for row in rows(IDENTITY, "ways")) == len(signins("Success"))
    assert {row["User"] for row in rows(IDENTITY, "failures")} == {
        e["fields"]["claude_user"] for e in signins("Failure")
    }


def test_members_are_those_of_the_list() -> None:
    active = {e["fields"].get("claude_actor") for e in within([*activities(), *world().of("otlp")], MONTH)}
    admins = [e for e in members() if e["event"]["unmapped"]["user"]["role"] == "admin"]
    assert figure(IDENTITY, "members") == len(members()) == 240
    assert figure(IDENTITY, "admins") == len(admins) == len(rows(IDENTITY, "admins_listed"))
    assert figure(IDENTITY, "unseen") == len([e for e in members() if e["fields"]["claude_object"] not in active])


def test_grants_are_roles_above_member() -> None:
    grants = [
        e
        for e in within(activities(), MONTH)
        if (e["fields"]["claude_class"], e["fields"]["claude_activity"]) == (3005, 1) and e["event"]["severity_id"] > 2
    ]
    assert figure(IDENTITY, "granted") == len(grants) > 0
    labels = {f"theme:{theme}" for theme in CHANGING}
    changes = [
        e
        for e in within(activities(), MONTH)
        if e["fields"]["claude_class"] in (3001, 3004, 3005, 3006)
        and e["fields"]["claude_activity"] != 99
        and (
            labels & set(e["event"]["metadata"].get("labels", ())) or e["fields"]["claude_code"] == "user.role_changed"
        )
    ]
    assert len(rows(IDENTITY, "changes")) == len(changes) > 20
    shown = {row["What"] for row in rows(IDENTITY, "changes")}
    assert {row["Who"] for row in rows(IDENTITY, "changes") if row["What"] == "User: role changed"} == {"unknown"}
    assert {
        "User: role changed",
        "The organization was handed over to another primary owner",
        "A single sign-on connection was disabled",
    } <= shown
