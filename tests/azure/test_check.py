"""`claude-siem sentinel check`: each part that is wrong, missing or refused is a line of its own, with the fix."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from forwarder.azure.check import check
from forwarder.azure.connection import Azure
from forwarder.azure.workspace import NEWEST_ROW, REFUSED_ROWS
from forwarder.bundled import rule_folders
from forwarder.detect.functions import SavedFunction
from forwarder.siem.check import SiemFinding
from forwarder.simulator import CLIENT_SECRET
from forwarder.simulator.azure_tokens import OBJECT_ID
from forwarder.simulator.http import Answer
from forwarder.sinks.sentinel import SentinelSink, columns
from tests.azure.logs_query import bad_query, partial, result
from tests.azure.standin import GROUP, OTHER_WORKSPACE, RULE, SUBSCRIPTION, WORKSPACE, ResourceManager
from tests.azure.world import OPERATOR_ID, OPERATOR_SECRET, SINK, World, world
from tests.kql.binder import bind
from tests.sinks.deliveries import delivery, outcome
from tools.content.folder import read

DETECTIONS = Path(__file__).parent.parent.parent / "detections"
RULE_COUNT = len(rule_folders())
Change = Callable[[ResourceManager], Any]
DCR, ERRORS = "dataCollectionRules/claude-siem", "diagnosticSettings/claude-siem-errors"
ACTIVITY = "Custom-ClaudeActivity_CL"
STREAM, TABLE = f"stream {ACTIVITY}", "table ClaudeUsage_CL"
ARRIVED = {"newest": "2026-04-15T11:58:00Z", "n": 288, "minutes": 2}
NONE_REFUSED = {"n": 0, "message": "", "stream": ""}


def answer_tables(cloud: World, newest: dict[str, Any], refused: dict[str, Any] = NONE_REFUSED) -> None:
    """The answers of the workspace's tables."""
    cloud.queries.answers = {"ClaudeActivity_CL": result([newest]), "DCRLogErrors": result([refused])}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Azure]]:
    """One Azure for all tests, and who asks it."""
    with world(tmp_path_factory.mktemp("azure")) as made, made.azure() as azure:
        yield made, azure


@pytest.fixture
def cloud(asked: tuple[World, Azure]) -> World:
    """As at the start; rows arrive, and none is refused."""
    made = asked[0]
    made.manager.restore()
    made.queries.denied = False
    answer_tables(made, ARRIVED)
    return made


@pytest.fixture(scope="module")
def good(asked: tuple[World, Azure]) -> dict[str, SiemFinding]:
    """What is found at the start."""
    answer_tables(asked[0], ARRIVED)
    found = by_subject(asked[1])
    assert {finding.level for finding in found.values()} == {"ok"}, found
    return found


def findings(cloud: World, **changes: Any) -> dict[str, SiemFinding]:
    """What is found, by subject."""
    with cloud.azure(**changes) as azure:
        return by_subject(azure)


def by_subject(azure: Azure) -> dict[str, SiemFinding]:
    """What `azure` shows."""
    found = list(check(azure))
    assert len({finding.subject for finding in found}) == len(found)
    assert all(len(finding.text.splitlines()) == 1 for finding in found)
    assert not any(secret in str(found) for secret in (CLIENT_SECRET, OPERATOR_SECRET))
    return {finding.subject: finding for finding in found}


def put(end: str, **properties: Any) -> Change:
    """The resource whose id ends so, with other properties."""
    return lambda manager: manager.at(end)["properties"].update(properties)


def without(end: str) -> Change:
    """It is not there."""
    return lambda manager: manager.remove(end)


def column(change: Callable[[list[dict[str, str]]], Any], end: str = "tables/ClaudeUsage_CL") -> Change:
    """A table's, or the rule's, columns changed."""

    def changed(manager: ResourceManager) -> None:
        properties = manager.at(end)["properties"]
        change(
            (properties["schema"] if "schema" in properties else properties["streamDeclarations"][ACTIVITY])["columns"]
        )

    return changed


def flow(**content: Any) -> Change:
    """The activity stream's flow, otherwise."""
    return lambda manager: manager.at(DCR)["properties"]["dataFlows"][0].update(content)


def role(name: str, scope: str = RULE, principal: str = OBJECT_ID) -> Change:
    """A role more."""
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{name}"
    identity = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}-{principal}"
    return lambda manager: manager.put(identity, properties={"roleDefinitionId": definition, "principalId": principal})


def own_role(name: str, *allowed: str, refused: tuple[str, ...] = ()) -> Change:
    """A role of the customer's own with these data actions, given to the forwarder."""

    def given(manager: ResourceManager) -> None:
        role(name)(manager)
        definition = manager.at(f"roleAssignments/{name}-{OBJECT_ID}")["properties"]["roleDefinitionId"]
        permission = {"actions": [SEND], "notActions": [], "dataActions": allowed, "notDataActions": refused}
        manager.put(definition, properties={"roleName": "Claude sender", "permissions": [permission]})

    return given


def unassigned(manager: ResourceManager) -> None:
    """Nobody has a role."""
    for key in [key for key in manager.resources if "/roleassignments/" in key]:
        del manager.resources[key]


def both(*changes: Change) -> Change:
    """One after the other."""
    return lambda manager: [change(manager) for change in changes]


def grouped(manager: ResourceManager) -> None:
    """The forwarder is in a group."""
    manager.groups["group"] = {OBJECT_ID}


def rule_with(**properties: Any) -> Change:
    """The first analytics rule, otherwise."""
    return lambda manager: first_rule(manager)["properties"].update(properties)


def first_rule(manager: ResourceManager) -> dict[str, Any]:
    """One of the rules."""
    return next(one for key, one in manager.resources.items() if "/alertrules/" in key)


def no_rules(manager: ResourceManager) -> None:
    """None of our rules, but one of the customer's, and one without a query."""
    for key in [key for key in manager.resources if "/alertrules/" in key]:
        del manager.resources[key]
    at = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/alertRules"
    manager.put(f"{at}/own", name="own", kind="Scheduled", properties={"displayName": "Own", "query": "Usage"})
    manager.put(f"{at}/fusion", name="fusion", kind="Fusion", properties={"displayName": "Fusion", "enabled": True})


TENANT_GROUP = "/providers/Microsoft.Management/managementGroups/all"
PUBLISHER, OWNER = "3913510d-42f4-4e42-8a64-420c390055eb", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
SEND = "Microsoft.Insights/Telemetry/Write"
MOVED = [{"name": "workspace", "workspaceResourceId": OTHER_WORKSPACE}]
OFF = [{"category": "LogErrors", "enabled": False}]
ALL = [{"categoryGroup": "allLogs", "enabled": True}]
USAGE = [{"name": name, "type": kind} for name, kind in columns("usage").items()]
STANDARD = {"name": "ClaudeUsage_CL", "columns": USAGE[1:], "standardColumns": USAGE[:1]}
PARTS: list[tuple[Change, str, str, str]] = [
    (put("workspaces/soc", provisioningState="Deleting"), "workspace", "fails", "its provisioning state is Deleting"),
    (put("workspaces/soc", retentionInDays=30), "workspace", "ok", "soc in westeurope, keeps rows 30 days"),
    (without("onboardingStates/default"), "Microsoft Sentinel", "fails", "is not enabled on soc; add it"),
    (put(DCR, endpoints={}), "collection rule", "fails", "no endpoint of its own (its kind is not Direct): deploy"),
    (
        put(DCR, endpoints={"logsIngestion": "https://other.ingest.monitor.azure.com"}),
        "collection rule",
        "fails",
        "receives rows at https://other.ingest.monitor.azure.com, but sinks.sentinel.endpoint is https://localhost",
    ),
    (
        put(DCR, endpoints={}, dataCollectionEndpointId=f"{GROUP}/providers/Microsoft.Insights/x/near"),
        "collection rule",
        "warning",
        "uses data collection endpoint near: check that sinks.sentinel.endpoint is its address",
    ),
    (column(lambda columns: columns.pop(3), DCR), STREAM, "fails", "lacks EventUid: Azure drops the values of these"),
    (column(lambda columns: columns[3].update(type="long"), DCR), STREAM, "fails", "EventUid is long, not string"),
    (lambda m: m.at(DCR)["properties"]["streamDeclarations"].pop(ACTIVITY), STREAM, "fails", "is not declared in"),
    (flow(outputStream="Custom-Other_CL"), STREAM, "fails", "into Custom-Other_CL, not into Custom-ClaudeActivity_CL"),
    (flow(streams=["Custom-Other"]), STREAM, "fails", "flows into nothing, not into Custom-ClaudeActivity_CL"),
    (flow(destinations=["gone"]), STREAM, "fails", "flows into nothing, not into soc"),
    (
        flow(transformKql="source | where  true"),
        STREAM,
        "warning",
        "(source | where true); the shipped transf",
    ),
    (flow(transformKql=None), STREAM, "ok", ""),
    (without(ERRORS), "collection rule's errors", "warning", "are not logged here"),
    (put(ERRORS, logs=OFF), "collection rule's errors", "warning", "are not logged here"),
    (put(ERRORS, workspaceId=OTHER_WORKSPACE), "collection rule's errors", "warning", "are not logged here"),
    (put(ERRORS, workspaceId=WORKSPACE.upper(), logs=ALL), "collection rule's errors", "ok", ""),
    (unassigned, "role", "fails", f"--role {PUBLISHER} --assignee {OBJECT_ID} --scope {RULE}`; it takes up to 30 min"),
    (both(unassigned, role(PUBLISHER, principal=OPERATOR_ID)), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (both(unassigned, role(PUBLISHER, f"{RULE}-2")), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (both(unassigned, role(PUBLISHER, f"{RULE}/things/below")), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (both(unassigned, role(PUBLISHER, GROUP)), "role", "ok", f"Publisher on {GROUP.lower()}"),
    (both(unassigned, role(PUBLISHER, TENANT_GROUP)), "role", "ok", f"Publisher on {TENANT_GROUP.lower()}"),
    (both(unassigned, grouped, role(PUBLISHER, principal="group")), "role", "ok", "claude-siem, through a group"),
    (both(unassigned, role(OWNER)), "role", "fails", "on claude-siem (Owner does not include it)"),
    (both(unassigned, own_role("own", SEND.upper())), "role", "ok", f"{OBJECT_ID} is Claude sender on claude-siem"),
    (both(unassigned, own_role("own", "Microsoft.Insights/*")), "role", "ok", "is Claude sender on claude-siem"),
    (both(unassigned, own_role("own")), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (both(unassigned, own_role("own", "*", refused=(SEND,))), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (both(unassigned, role("gone")), "role", "fails", "lacks Monitoring Metrics Publisher"),
    (role(OWNER, f"/subscriptions/{SUBSCRIPTION}"), "role", "warning", "and also Owner, which it does not need"),
    (
        without("tables/ClaudeUsage_CL"),
        TABLE,
        "fails",
        "does not exist: Azure accepts rows of usage (204) and drops them; deploy",
    ),
    (column(lambda columns: columns.pop()), TABLE, "fails", "lacks unmapped: Azure drops"),
    (column(lambda columns: columns[0].update(type="string")), TABLE, "fails", "TimeGenerated is string, not datetime"),
    (column(lambda columns: columns.append({"name": "own_s", "type": "string"})), TABLE, "ok", ""),
    (
        put("tables/ClaudeUsage_CL", plan="Basic"),
        TABLE,
        "warning",
        "plan Basic, interactive retention 90 days, total 90; rules can",
    ),
    (put("tables/ClaudeUsage_CL", schema=STANDARD), TABLE, "ok", ""),
    (put("tables/ClaudeUsage_CL", retentionInDays=7), TABLE, "warning", "rules look back 14 days"),
    (without("savedSearches/ClaudeUsage"), "functions", "fails", "1 of 26 (ClaudeUsage) is missing: rules that call"),
    (
        put("savedSearches/ClaudeUsage", query="print 1"),
        "functions",
        "warning",
        "1 of 26 (ClaudeUsage) is different",
    ),
    (put("savedSearches/ClaudeUsage", functionParameters="x:long"), "functions", "warning", "1 of 26 (ClaudeUsage) is"),
    (
        lambda m: put(
            "savedSearches/ClaudeUsage", query=f"{m.at('savedSearches/ClaudeUsage')['properties']['query']}\r\n"
        )(m),
        "functions",
        "ok",
        "",
    ),
    (no_rules, "rules", "fails", f"none of {RULE_COUNT} is installed; deploy"),
    (
        lambda m: m.remove(first_rule(m)["name"]),
        "rules",
        "warning",
        f"1 of {RULE_COUNT} (Claude - API key created by unusual actor",
    ),
    (rule_with(enabled=False), "rules", "warning", "is disabled. If that is not intended"),
    (rule_with(query="Usage"), "rules", "warning", "is different from this version"),
    (rule_with(queryPeriod="P1D"), "rules", "warning", "is different from this version"),
    (without("watchlists/ClaudeKeys"), "watchlists", "fails", "1 of 5 (ClaudeKeys) is missing"),
]
"""The change, the line that reports it and its text; without a text: the line stays the same."""


@pytest.mark.parametrize(("change", "subject", "level", "words"), PARTS, ids=range(len(PARTS)))
def test_a_changed_part_changes_its_own_line_and_no_other(
    change: Change,
    subject: str,
    level: str,
    words: str,
    good: dict[str, SiemFinding],
    asked: tuple[World, Azure],
    cloud: World,
) -> None:
    change(cloud.manager)
    after = by_subject(asked[1])
    assert [name for name in good if after.get(name) != good[name]] == ([subject] if words else [])
    assert (after[subject].level, words in after[subject].text) == (level, True), after[subject]


def test_the_identities_are_named(cloud: World) -> None:
    found = findings(cloud)
    assert f"object id {OPERATOR_ID}" in found["management identity"].text
    assert f"object id {OBJECT_ID}" in found["sink identity"].text


def test_without_a_client_id_the_identity_is_the_one_of_the_machine(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{cloud.logs.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", cloud.logs.tokens.machine_secret)
    found = findings(cloud, **dict.fromkeys(("client_id", "tenant_id", "client_secret_file")))
    assert found["sink identity"].level == "ok"
    assert found["sink identity"].text.endswith("the identity of this machine: run the check where the forwarder runs")


def test_ids_are_accepted_in_the_case_of_azure(cloud: World, good: dict[str, SiemFinding]) -> None:
    lower = WORKSPACE.replace("resourceGroups", "resourcegroups").replace(
        "Microsoft.OperationalInsights", "microsoft.operationalinsights"
    )
    assert lower != WORKSPACE
    levels = {name: finding.level for name, finding in findings(cloud, management__workspace=lower).items()}
    assert levels == {name: finding.level for name, finding in good.items()}


def test_a_rule_that_flows_into_another_workspace_fails(cloud: World) -> None:
    cloud.manager.at(DCR)["properties"]["destinations"]["logAnalytics"] = MOVED
    found = findings(cloud)
    wrongs = [name for name, finding in found.items() if finding.level != "ok"]
    assert [name.partition(" ")[0] for name in wrongs] == ["stream"] * 4
    assert f"flows into {OTHER_WORKSPACE}, not into soc; check sinks.sentinel.management" in found[STREAM].text


def test_a_rule_is_found_by_its_id_wherever_in_the_subscription_it_is(cloud: World) -> None:
    rule = cloud.manager.at(DCR)
    cloud.manager.remove(DCR)
    absent = findings(cloud)
    assert f"none in subscription {SUBSCRIPTION} has the immutable id dcr-0" in absent["collection rule"].text
    assert absent["collection rule"].level == "fails"
    assert not {"role", "collection rule's errors", "refused rows", STREAM} & absent.keys()
    cloud.manager.put(rule["id"].replace("/Security/", "/Elsewhere/"), **{k: v for k, v in rule.items() if k != "id"})
    found = findings(cloud)
    assert found["collection rule"].level == "ok"
    assert "resourceGroups/Elsewhere" in found["role"].text


def test_ids_are_compared_as_azure_does_without_regard_to_case(cloud: World) -> None:
    shouted = WORKSPACE.replace("Security", "SECURITY").replace("/soc", "/SOC")
    found = findings(cloud, management__workspace=shouted)
    assert {finding.level for finding in found.values()} == {"ok"}, found


PERHAPS = {"collection rule", "collection rule's errors", "role", "refused rows"}
ASKED = {
    "/onboardingstates/default": {"Microsoft Sentinel"},
    "/datacollectionrules": PERHAPS,
    "/diagnosticsettings": {"collection rule's errors"},
    "/roleassignments": {"role"},
    "/tables/claudeusage_cl": {TABLE},
    "/savedsearches": {"functions"},
    "/alertrules": {"rules"},
    "/watchlists": {"watchlists"},
}


def test_a_missing_permission_is_a_finding_of_its_own_and_the_rest_is_checked(
    good: dict[str, SiemFinding], asked: tuple[World, Azure], cloud: World
) -> None:
    for path, subjects in ASKED.items():
        cloud.manager.denied = {path}
        found = by_subject(asked[1])
        other = {name: finding for name, finding in found.items() if good[name] != finding}
        assert other.keys() == subjects, path
        assert {finding.level for finding in other.values()} == {"warning"}
        assert all("unknown: permission denied" in finding.text for finding in other.values())
        assert all("see the permissions for check" in finding.text for finding in other.values())
    cloud.manager.denied, cloud.queries.denied = set(), True
    found = findings(cloud)
    assert {name for name, finding in found.items() if finding.level == "warning"} == {"arrival", "refused rows"}


@pytest.mark.parametrize(
    ("newest", "level", "words"),
    [
        (ARRIVED, "ok", "the newest row of ClaudeActivity_CL arrived at 2026-04-15T11:58:00Z, 2 minutes ago"),
        ({**ARRIVED, "minutes": 61}, "warning", "61 minutes ago: check that the forwarder runs"),
        (
            {"newest": None, "n": 0, "minutes": None},
            "warning",
            "last 7 days: check that the forwarder runs",
        ),
    ],
)
def test_the_newest_row_is_reported(newest: dict[str, Any], level: str, words: str, cloud: World) -> None:
    answer_tables(cloud, newest)
    found = findings(cloud)["arrival"]
    assert (found.level, words in found.text) == (level, True), found


def test_a_row_that_arrived_is_found(cloud: World) -> None:
    cloud.queries.answers.pop("ClaudeActivity_CL")
    assert "no row of the last 7 days" in findings(cloud)["arrival"].text
    with closing(SentinelSink(SINK, cloud.settings())) as sink:
        assert outcome(sink.deliver(delivery())).error is None
    found = findings(cloud)["arrival"]
    assert (found.level, "0 minutes ago" in found.text) == ("ok", True), found


def test_rows_refused_after_the_204_are_reported(cloud: World) -> None:
    answer_tables(cloud, ARRIVED, {"n": 3, "message": "Column EventTime\n is invalid", "stream": ACTIVITY})
    found = findings(cloud)["refused rows"]
    assert found.level == "warning"
    assert (
        f"3 entries in DCRLogErrors of the last day, such as one of {ACTIVITY}: Column EventTime is inv" in found.text
    )
    (query,) = {one["query"] for one in cloud.queries.asked if "DCRLogErrors" in one["query"] and RULE in one["query"]}
    assert f"_ResourceId =~ '{RULE}'" in query


@pytest.mark.parametrize("answer", [bad_query("SEM0100", "no such table"), partial([ARRIVED])])
def test_a_query_that_fails_is_a_warning(answer: Answer, cloud: World) -> None:
    cloud.queries.answers = {"TimeGenerated": answer}
    found = findings(cloud)
    assert {name for name, finding in found.items() if finding.level != "ok"} == {"arrival", "refused rows"}
    assert {found["arrival"].level, found["refused rows"].level} == {"warning"}
    assert "the query failed" in found["arrival"].text


def test_the_queries_of_the_tables_are_valid_kql() -> None:
    columns = "datatable(TimeGenerated:datetime, InputStreamId:string, Message:string, _ResourceId:string)[]"
    errors = [SavedFunction("DCRLogErrors", "", columns)]
    asked = {"newest": NEWEST_ROW, "refused": REFUSED_ROWS.format(rule=RULE).replace("DCRLogErrors", "DCRLogErrors()")}
    bound = bind(read(DETECTIONS), asked, errors)
    assert {name: one.problems for name, one in bound.items()} == {"newest": [], "refused": []}
    assert bound["newest"].columns == {"newest": "datetime", "n": "long", "minutes": "long"}
    assert bound["refused"].columns == {"n": "long", "message": "string", "stream": "string"}
