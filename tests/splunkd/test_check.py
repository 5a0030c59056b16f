"""`claude-siem splunk check`: each part that is wrong, missing or refused is a line of its own, with the fix."""

from collections.abc import Callable
from typing import Any

import pytest

from forwarder.bundled import rule_folders
from forwarder.siem.check import SiemFinding
from forwarder.splunkd.check import check
from tests.splunkd.atom import Entry
from tests.splunkd.standin import APP, BEARER, SplunkdServer, app_entry, token_entry
from tests.splunkd.world import SINK, World

Change = Callable[[SplunkdServer], None]
TOKEN_VALUE = "11111111-2222-4333-8444-555555555555"
ALLOWED = ["claude", "claude_usage", "claude_agent", "claude_content"]


def findings(splunk: World, **changes: Any) -> dict[str, SiemFinding]:
    """What is found, by subject."""
    with splunk.client(**changes) as client:
        found = list(check(client, SINK, splunk.settings(**changes)))
    assert len({finding.subject for finding in found}) == len(found)
    assert all(len(finding.text.splitlines()) == 1 for finding in found)
    assert not any(secret in str(found) for secret in (BEARER, TOKEN_VALUE))
    return {finding.subject: finding for finding in found}


def put(path: str, name: str, **content: Any) -> Change:
    """The entry of this name, with other content."""

    def change(splunkd: SplunkdServer) -> None:
        entries = splunkd.entities[path]
        (at,) = (n for n, entry in enumerate(entries) if entry.name == name)
        entries[at] = entries[at]._replace(content={**entries[at].content, **content})

    return change


def without(path: str, name: str) -> Change:
    """No entry of this name."""

    def change(splunkd: SplunkdServer) -> None:
        splunkd.entities[path] = [entry for entry in splunkd.entities[path] if entry.name != name]

    return change


def instead(path: str, entry: Entry) -> Change:
    """This entry in place of the one that has its name."""

    def change(splunkd: SplunkdServer) -> None:
        splunkd.entities[path] = [entry if one.name == entry.name else one for one in splunkd.entities[path]]

    return change


INFO, INDEXES, INPUTS, APPS = "server/info", "data/indexes", "data/inputs/http", "apps/local"
CONTEXT, ROLES = "authentication/current-context", "authorization/roles"
SEARCHES, LOOKUPS, AUTHORIZE = "saved/searches", "data/transforms/lookups", "configs/conf-authorize"
DENIABLE = (INDEXES, INPUTS, APPS, CONTEXT, ROLES, SEARCHES, LOOKUPS, AUTHORIZE)
PARTS: list[tuple[Change, str, str, str]] = [
    (put(INFO, "server-info", version="9.0.4"), "splunkd", "fails", "9.0.4 on splunk-1; supported: 9.1 to 10.x: upd"),
    (put(INFO, "server-info", version="11.0.0"), "splunkd", "warning", "newer"),
    (put(INFO, "server-info", instance_type="cloud"), "splunkd", "ok", "Splunk Cloud 10.4.2"),
    (without(INDEXES, "claude_usage"), "index claude_usage", "fails", "claude-siem splunk install` creates it (usage)"),
    (put(INDEXES, "claude_agent", disabled="1"), "index claude_agent", "fails", "enable it"),
    (put(INPUTS, "http", disabled="1"), "HEC", "fails", "disabled for all tokens; enable it"),
    (put(INPUTS, "http://events", token="another"), "HEC token", "fails", "does not exist on this host"),
    (put(INPUTS, "http://events", disabled="1"), "HEC token", "fails", "events is disabled; enable it"),
    (
        put(INPUTS, "http://events", indexes=["claude", "main"]),
        "HEC token",
        "fails",
        "may not write to claude_usage, cl",
    ),
    (put(INPUTS, "http://events", indexes=[]), "HEC token", "ok", "may write to any index"),
    (put(INPUTS, "http://events", useACK="1"), "HEC token", "ok", "events is enabled, acknowledges and"),
    (without(APPS, APP), "app claude_siem", "fails", "Install app from file), or copy it to splunkd's host"),
    (instead(APPS, app_entry(APP, "0.0.9")), "app claude_siem", "fails", "is 0.0.9, this forwarder 0."),
    (instead(APPS, app_entry(APP, "0.1.0", disabled=True)), "app claude_siem", "fails", "is disabled; enable it"),
    (
        without(APPS, "Splunk_SA_CIM"),
        "app Splunk_SA_CIM",
        "warning",
        "not installed; without it there are no data models",
    ),
    (
        without(APPS, "SplunkEnterpriseSecuritySuite"),
        "app SplunkEnterpriseSecuritySuite",
        "warning",
        "the rules are ordinary alerts",
    ),
    (
        instead(APPS, app_entry("ocsf_cim_addon_for_splunk", "1.1.0", disabled=True)),
        "app ocsf_cim_addon_for_splunk",
        "warning",
        "is disabled",
    ),
    (
        without(SEARCHES, "Claude - Admin API key created - Rule"),
        "rules",
        "fails",
        f"1 of {len(rule_folders())} are missing, such as 'Claude - Admin API key created - Rule'",
    ),
    (without(LOOKUPS, "claude_calendar"), "lookup claude_calendar", "fails", "is not defined"),
    (
        without(ROLES, "claude_reader"),
        "role claude_reader",
        "fails",
        "is not loaded; restart splunkd",
    ),
    (
        put(CONTEXT, "context", capabilities=["edit_token_http", "indexes_edit", "edit_local_apps", "install_apps"]),
        "permissions for verify",
        "warning",
        "admin (roles: admin) lacks search (to run the rules)",
    ),
    (
        put(ROLES, "admin", srchIndexesAllowed=["claude*"], srchIndexesDisallowed=["*_content"]),
        "searchable indexes",
        "fails",
        "admin's roles may not search claude_content; allow it",
    ),
]


@pytest.mark.parametrize(("change", "subject", "level", "words"), PARTS, ids=[part[3][:40] for part in PARTS])
def test_a_changed_part_changes_its_own_line_and_no_other(
    change: Change, subject: str, level: str, words: str, splunk: World
) -> None:
    before = findings(splunk)
    assert {finding.level for finding in before.values()} == {"ok"}
    change(splunk.splunkd)
    after = findings(splunk)
    assert [name for name in before if after.get(name) != before[name]] == [subject]
    assert (after[subject].level, words in after[subject].text) == (level, True), after[subject]


@pytest.mark.parametrize(
    ("ack", "use_ack", "level", "words"),
    [
        ("on", "0", "fails", "ack: on needs it"),
        ("off", "1", "warning", "set ack: auto"),
        ("on", "1", "ok", "acknowledges"),
    ],
)
def test_acknowledgement_is_compared_with_the_settings(
    ack: str, use_ack: str, level: str, words: str, splunk: World
) -> None:
    put(INPUTS, "http://events", useACK=use_ack)(splunk.splunkd)
    found = findings(splunk, ack=ack)["HEC token"]
    assert (found.level, words in found.text) == (level, True), found


def test_a_missing_permission_is_a_finding_of_its_own_and_the_rest_is_checked(splunk: World) -> None:
    good = findings(splunk)
    for path in DENIABLE:
        splunk.splunkd.denied = {path}
        found = findings(splunk)
        changed = [finding for finding in found.values() if good.get(finding.subject) != finding]
        assert {finding.level for finding in changed} == {"warning"}, path
        assert all("unknown: permission denied" in finding.text and path in finding.text for finding in changed)
        assert {"splunkd", "HEC health"} < found.keys()


def test_a_token_is_found_in_any_app(splunk: World) -> None:
    splunk.splunkd.entities[INPUTS].append(token_entry("events", "another")._replace(app="search"))
    assert "events is enabled" in findings(splunk)["HEC token"].text


def test_a_host_that_does_not_index_is_no_failure_for_what_is_on_other_hosts(splunk: World) -> None:
    put(INFO, "server-info", server_roles=["search_head", "cluster_search_head"])(splunk.splunkd)
    splunk.splunkd.entities[INDEXES] = [Entry("main", {"disabled": "0"})]
    splunk.splunkd.entities[INPUTS] = [token_entry("other", "other")]
    found = findings(splunk)
    on_other_hosts = ["HEC token", *(f"index {name}" for name in ALLOWED)]
    assert sorted(name for name, finding in found.items() if finding.level != "ok") == sorted(on_other_hosts)
    assert all("this host is not an indexer" in found[name].text for name in on_other_hosts)
    assert {found[name].level for name in on_other_hosts} == {"warning"}
    assert "HEC" not in found


def test_the_health_of_hec_is_read_at_the_address_for_events(splunk: World) -> None:
    splunk.hec.fault("proxy-bad-gateway", path="/health")
    assert "HTTP 502, without a message of HEC: not an HTTP Event Collector" in findings(splunk)["HEC health"].text
    splunk.hec.fault("proxy-unavailable", path="/health")
    assert "fall behind" in findings(splunk)["HEC health"].text
    assert findings(splunk, url="http://127.0.0.1:1")["HEC health"].level == "fails"
