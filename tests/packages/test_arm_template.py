"""The deployment template: unique names, references that resolve, tables and collection rule of the same columns.

It was never given to Azure by a test; what Azure documents is checked here.
"""

import json
import re
from typing import Any

import pytest
import yaml

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES, SentinelSettings, columns
from tests.packages.arm import TEMPLATE, of_type
from tests.packages.arm_expressions import Call, parsed
from tests.packages.asim import PARSERS, declared
from tests.packages.solution import RULES, SENTINEL
from tools.content.folder import Content

RULE = of_type("dataCollectionRules")[0]
DCR_TYPES = {"string", "int", "long", "real", "boolean", "dynamic", "datetime"}
TABLE_TYPES = {"string", "int", "long", "real", "boolean", "dynamic", "dateTime", "guid"}
RESERVED = {"_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"}


def table_columns(name: str) -> dict[str, str]:
    tables = {table["properties"]["schema"]["name"]: table["properties"]["schema"] for table in of_type("tables")}
    return {column["name"]: column["type"] for column in tables[name]["columns"]}


def test_only_the_workspace_and_the_forwarder_have_to_be_named() -> None:
    required = {name for name, parameter in TEMPLATE["parameters"].items() if "defaultValue" not in parameter}
    assert required == {"workspace", "principalId"}


@pytest.mark.parametrize("stream", STREAMS)
def test_the_collection_rule_the_table_and_the_forwarder_have_the_same_columns(stream: Any) -> None:
    declared = RULE["properties"]["streamDeclarations"][f"Custom-{TABLES[stream]}"]["columns"]
    stream_columns = {column["name"]: column["type"] for column in declared}
    table = table_columns(TABLES[stream])
    assert list(stream_columns) == list(table) == list(columns(stream))
    assert {name: kind.lower() for name, kind in table.items()} == stream_columns
    assert set(stream_columns.values()) <= DCR_TYPES
    assert set(table.values()) <= TABLE_TYPES
    assert table["TimeGenerated"] == "dateTime"


@pytest.mark.parametrize("stream", STREAMS)
def test_column_names_are_ones_that_log_analytics_takes(stream: Any) -> None:
    names = list(columns(stream))
    assert not RESERVED & set(names)
    assert all(name[0].isalpha() and len(name) <= 45 for name in names)
    assert len(names) <= 300


def test_every_stream_that_the_forwarder_sends_flows_into_its_table_unchanged() -> None:
    sent = SentinelSettings(endpoint="https://a.ingest.monitor.azure.com", rule_id="dcr-" + "1" * 32).streams
    flows = {flow["streams"][0]: flow for flow in RULE["properties"]["dataFlows"]}
    assert set(flows) == set(sent.values()) == set(RULE["properties"]["streamDeclarations"])
    destinations = [destination["name"] for destination in RULE["properties"]["destinations"]["logAnalytics"]]
    for stream, name in sent.items():
        assert flows[name]["outputStream"] == f"Custom-{TABLES[stream]}"
        assert flows[name]["transformKql"] == "source"
        assert flows[name]["destinations"] == destinations


def test_the_collection_rule_has_its_own_endpoint_and_outputs_it() -> None:
    assert RULE["kind"] == "Direct"
    assert TEMPLATE["outputs"]["endpoint"]["value"].endswith(".endpoints.logsIngestion]")
    assert TEMPLATE["outputs"]["ruleId"]["value"].endswith(".immutableId]")


def test_refused_rows_are_logged_and_the_forwarder_may_publish_and_nothing_else() -> None:
    (errors,), (role,) = of_type("diagnosticSettings"), of_type("roleAssignments")
    assert errors["properties"]["logs"] == [{"category": "LogErrors", "enabled": True}]
    assert errors["scope"] == role["scope"]
    assert "3913510d-42f4-4e42-8a64-420c390055eb" in role["properties"]["roleDefinitionId"]
    assert role["properties"]["principalId"] == "[parameters('principalId')]"


def written_out(query: str) -> str:
    """A query whose lines are a variable of the template, as Resource Manager joins them; any other as it is."""
    if not query.startswith("[join("):
        return query
    call = parsed(query)
    variable, between = call.arguments
    assert isinstance(variable, Call)
    assert (variable.function, between) == ("variables", "\n")
    lines: list[str] = TEMPLATE["variables"][variable.arguments[0]]
    return "\n".join(line[1:] if line.startswith("[[") else line for line in lines)


def test_rules_functions_and_watchlists_are_those_of_the_solution_folder(content: Content) -> None:
    rules = {resource["name"]: resource["properties"] for resource in of_type("alertRules")}
    assert {rule["id"]: rule["query"] for rule in RULES.values()} == {id: p["query"] for id, p in rules.items()}
    files = [yaml.safe_load(path.read_text()) for path in (SENTINEL / "Parsers").glob("*.yaml")]
    parsers = {f["FunctionAlias"]: (f["FunctionParams"], f["FunctionQuery"]) for f in files if "FunctionAlias" in f}
    parsers |= {name: (declared(name), parser["ParserQuery"]) for name, parser in PARSERS.items()}
    assert len(parsers) == len(files)
    saved = [s["properties"] for s in of_type("savedSearches") if s["properties"]["category"] != "Hunting Queries"]
    assert {s["functionAlias"]: (s["functionParameters"], written_out(s["query"]) + "\n") for s in saved} == parsers
    single = [json.loads(path.read_text())["resources"] for path in sorted((SENTINEL / "Watchlists").glob("*.json"))]
    assert [resource for resources in single for resource in resources] == of_type("watchlists")


READS = {
    "Claude - API key created by unusual actor": {"activity"},
    "Claude - API key used after revocation": {"activity", "usage"},
    "Claude - Token usage spike in Claude Code session": {"agent"},
    "Claude - Activity outside working hours": {"activity"},
}
"""Rules and the streams whose tables they read, some of them through two functions."""


def test_rules_ship_disabled_and_only_where_rules_can_read() -> None:
    assert TEMPLATE["parameters"]["enableRules"]["defaultValue"] is False
    plans: dict[str, set[str]] = {}
    for rule in of_type("alertRules"):
        assert rule["properties"]["enabled"] == "[parameters('enableRules')]"
        assert rule["kind"] == "NRT" or rule["properties"]["queryPeriod"].startswith("P")
        named = set(re.findall(r"equals\(parameters\('(\w+)Plan'\), 'Analytics'\)", rule["condition"]))
        assert rule["condition"].startswith("[and(" if len(named) > 1 else "[equals(")
        plans[rule["properties"]["displayName"]] = named
    assert all(plans.values())
    assert {name: plans[name] for name in READS} == READS


def test_a_rule_declares_the_tables_it_reads() -> None:
    for rule in RULES.values():
        (needed,) = rule["requiredDataConnectors"]
        assert needed["connectorId"] == "ClaudeSIEM"
        condition = next(r["condition"] for r in of_type("alertRules") if r["name"] == rule["id"])
        read = {stream for stream, table in TABLES.items() if table in needed["dataTypes"]}
        assert read == set(re.findall(r"'(\w+)Plan'", condition))


@pytest.mark.parametrize("stream", STREAMS)
def test_each_table_has_its_own_retention_parameters(stream: Any) -> None:
    (table,) = (t["properties"] for t in of_type("tables") if t["properties"]["schema"]["name"] == TABLES[stream])
    assert table["plan"] == f"[parameters('{stream}Plan')]"
    assert f"parameters('{stream}RetentionInDays')" in table["retentionInDays"]
    assert table["totalRetentionInDays"] == f"[parameters('{stream}TotalRetentionInDays')]"
    parameters = TEMPLATE["parameters"]
    days = parameters[f"{stream}RetentionInDays"]["defaultValue"]
    assert days == (30 if stream == "content" else 90)
    assert parameters[f"{stream}TotalRetentionInDays"]["defaultValue"] == f"[parameters('{stream}RetentionInDays')]"
    assert parameters[f"{stream}Plan"]["allowedValues"] == ["Analytics", "Basic"]


def test_no_rule_looks_back_further_than_the_default_retention() -> None:
    for rule in RULES.values():
        (needed,) = rule["requiredDataConnectors"]
        kept = [
            TEMPLATE["parameters"][f"{s}RetentionInDays"]["defaultValue"]
            for s in STREAMS
            if TABLES[s] in needed["dataTypes"]
        ]
        if rule["kind"] == "Scheduled":
            assert int(re.sub(r"\D", "", rule["queryPeriod"])) <= min(kept) or not rule["queryPeriod"].endswith("d")


def test_plain_text_is_not_an_expression() -> None:
    queries = [resource["properties"]["query"] for resource in of_type("alertRules") + of_type("savedSearches")]
    lists = [resource["properties"]["rawContent"] for resource in of_type("watchlists")]
    bracketed = [text for text in (*map(written_out, queries), *lists) if text.startswith("[")]
    assert not [text for text in bracketed if not text.startswith("[[")]
