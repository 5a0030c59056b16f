"""Hunting queries about users: test cases with near misses, and the distinguishing columns of the expected rows."""

from datetime import datetime

from forwarder.records import Event
from tests.content.records import activity, person
from tests.packages.hunting_events import HuntTestCase, acts, ago, every, telemetry


def _addresses() -> HuntTestCase:
    crowd = [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2)]
    spread = [
        e for n, (name, day) in enumerate(crowd) for e in acts("user_logged_out", name, ago(3 + day), ip="203.0.113.7")
    ]
    few = [e for name, _ in crowd[1:] for e in acts("user_logged_out", name, ago(2), ip="203.0.113.8")]
    office = [e for name, _ in crowd for e in acts("user_logged_out", name, ago(2), ip="198.51.100.4")]
    many = [e for name, _ in crowd for e in acts("user_logged_out", name, ago(2), ip="203.0.113.9")]
    failed = {
        "type": "unauthenticated_user_actor",
        "unauthenticated_email_address": "a@example.com",
        "ip_address": "203.0.113.9",
    }
    many += [activity("sso_login_failed", failed, ago(2, 10)).event]
    found = {"src_ip": "203.0.113.9", "identities": 5, "events": 6, "failures": 1, "failed_percent": 16.7}
    return HuntTestCase(
        [*spread, *few, *office, *many], [found], {"claude_networks": "network,name\n198.51.100,Office\n"}
    )


def _connectors() -> HuntTestCase:
    new = acts("mcp_server_created", "ann", ago(3), mcp_server_id="mcpsrv_new", mcp_server_name="wiki")
    again = acts("mcp_server_updated", "bob", ago(1), mcp_server_id="mcpsrv_new", mcp_server_name="wiki")
    old = acts("mcp_server_created", "ann", ago(60), ago(2), mcp_server_id="mcpsrv_old", mcp_server_name="tickets")
    other = acts("claude_chat_created", "ann", ago(2), claude_chat_id="claude_chat_1")
    machine = [
        telemetry("mcp_server_connection", "eve", ago(2), server_name="notes", status="connected"),
        telemetry("plugin_installed", "fay", ago(1), **{"plugin.name": "linter"}),
        telemetry("plugin_installed", "fay", ago(20), **{"plugin.name": "known"}),
    ]
    rows = [
        {"thing": "linter", "object_type": "Plugin", "user": "fay@example.com", "events": 1, "people": 1},
        {"thing": "notes", "object_type": "MCP Server", "user": "eve@example.com", "events": 1, "people": 1},
        {"thing": "wiki", "object_type": "MCP Server", "user": "ann@example.com", "events": 2, "people": 2},
    ]
    return HuntTestCase([*new, *again, *old, *other, *machine], rows)


def _exports() -> HuntTestCase:
    def export(name: str, days: int) -> list[Event]:
        return acts("org_data_export_started", name, ago(days), export_type="conversations")

    def removal(name: str, days: int) -> list[Event]:
        return acts(
            "org_user_deleted", name, ago(days), deleted_user_id="user_gone", deleted_user_email="gone@example.com"
        )

    late = [*export("bob", 20), *removal("bob", 12)]
    before = [*removal("cy", 21), *export("cy", 20)]
    failed = [*acts("audit_log_export_failed", "di", ago(20)), *removal("di", 19)]
    looked = [*export("fay", 20), *acts("org_users_listed", "fay", ago(19))]
    looked += [*acts("claude_chat_created", "gil", ago(20), claude_chat_id="c"), *removal("gil", 19)]
    late += [activity("org_data_export_started", person("hal"), ago(20), backfilled=True).event, *removal("hal", 19)]
    both = [*export("ann", 20), *acts("org_members_exported", "ann", ago(18)), *removal("ann", 13)]
    found = {
        "user": "ann@example.com",
        "exports": '["org_data_export_started","org_members_exported"]',
        "changes": '["org_user_deleted"]',
        "exported": ago(20),
        "first_change": ago(13),
    }
    return HuntTestCase([*late, *before, *failed, *looked, *both], [found])


def _opened() -> HuntTestCase:
    def opened(name: str, count: int) -> list[Event]:
        return acts("claude_file_viewed", name, *every(count, ago(5)), claude_file_id="claude_file_1")

    def deleted(name: str, time: datetime) -> list[Event]:
        return acts("claude_chat_deleted", name, time, claude_chat_id="claude_chat_1")

    found = {"user": "ann@example.com", "opened": 20, "deleted": 1, "codes": '["claude_chat_deleted"]'}
    near = [*opened("bob", 19), *deleted("bob", ago(5, 18)), *opened("cy", 20), *deleted("cy", ago(4, 10))]
    before = [*opened("di", 20), *deleted("di", ago(5, 8))]
    for n, time in enumerate(every(20, ago(5))):
        before += [activity("claude_file_viewed", person("fay"), time, number=n, backfilled=True).event]
    before += deleted("fay", ago(5, 18))
    return HuntTestCase([*opened("ann", 20), *deleted("ann", ago(5, 18)), *near, *before], [found])


def _hours() -> HuntTestCase:
    def works(name: str, past: int, nights: int) -> list[Event]:
        office = [time for n in range(past) for time in [ago(8 + n % 15, 9, n % 50)]]
        lately = [*every(4, ago(3, 9)), *every(nights, ago(2, 3))]
        return acts("claude_chat_created", name, *office, *lately, claude_chat_id="claude_chat_1")

    viewed = acts("claude_chat_viewed", "bob", *every(9, ago(2, 4)), claude_chat_id="claude_chat_1")
    found = {"unusual": 5, "events": 9, "percent": 55.6, "hours": "[3]"}
    rest = [*works("bob", 60, 4), *works("cy", 49, 6), *acts("claude_chat_created", "cy", ago(30), claude_chat_id="c")]
    used_to_it = [*works("di", 60, 6), *acts("claude_chat_created", "di", *every(2, ago(20, 3)), claude_chat_id="c")]
    once = acts("claude_chat_created", "ed", ago(20, 3), claude_chat_id="c")
    people = [*works("ann", 60, 5), *works("ed", 60, 5), *once]
    rows = [{"user": f"{name}@example.com", **found} for name in ("ann", "ed")]
    return HuntTestCase([*people, *rest, *viewed, *used_to_it], rows)


TEST_CASES = {
    "ClaudeSourceAddressesOfManyIdentities": _addresses,
    "ClaudeNewConnectorsServersAndPlugins": _connectors,
    "ClaudeExportFollowedByMembershipChange": _exports,
    "ClaudeMassFileAccessThenDeletion": _opened,
    "ClaudeUsersOutsideUsualHours": _hours,
}
