"""The connector of kind Push: columns as everywhere, a page whose lines the forwarder takes, queries that bind."""

import json
import re
from typing import Any

import pytest
import yaml

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES, SentinelSettings
from tests.kql.binder import bind
from tests.packages.arm import of_type
from tests.packages.solution import RULES, SENTINEL
from tools.content.folder import Content

FOLDER = SENTINEL / "Data Connectors" / "ClaudeSIEM_CCF"
FILES: dict[str, dict[str, Any]] = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
PAGE: dict[str, Any] = FILES["ClaudeSIEM_ConnectorDefinition.json"]["properties"]["connectorUiConfig"]
CONNECTION = FILES["ClaudeSIEM_DataConnector.json"]["properties"]
INSTRUCTIONS = [instruction for step in PAGE["instructionSteps"] for instruction in step["instructions"]]
FILLED = {"TenantId", "ApplicationId", "ApplicationSecret", "DataCollectionEndpoint", "DataCollectionRuleId"}
PLACEHOLDERS = {"location", "workspaceResourceId", "dataCollectionEndpointId", "dataCollectionEndpoint", "appId"}
PLACEHOLDERS |= {"dataCollectionRuleId", "dataCollectionRuleImmutableId", "servicePrincipalId"}


def test_its_tables_and_flows_are_those_of_the_one_deployment() -> None:
    rule = FILES["ClaudeSIEM_DCR.json"]["properties"]
    ours = of_type("dataCollectionRules")[0]["properties"]
    assert rule["streamDeclarations"] == ours["streamDeclarations"]
    assert rule["dataFlows"] == ours["dataFlows"]
    tables = {table["properties"]["schema"]["name"]: table["properties"]["schema"] for table in of_type("tables")}
    assert {name: FILES[f"{name}_Table.json"]["properties"]["schema"] for name in TABLES.values()} == tables


def test_definition_connection_rule_and_tables_refer_to_each_other() -> None:
    kinds = {file["type"].split("/")[-1]: file for file in FILES.values()}
    assert kinds["dataConnectorDefinitions"]["kind"] == "Customizable"
    assert kinds["dataConnectors"]["kind"] == CONNECTION["auth"]["type"] == "Push"
    assert CONNECTION["connectorDefinitionName"] == PAGE["id"] == kinds["dataConnectorDefinitions"]["name"]
    assert CONNECTION["dcrConfig"]["streamName"] in FILES["ClaudeSIEM_DCR.json"]["properties"]["streamDeclarations"]
    assert {rule["requiredDataConnectors"][0]["connectorId"] for rule in RULES.values()} == {PAGE["id"]}
    assert set(re.findall(r"\{\{(\w+)\}\}", json.dumps(list(FILES.values())))) == PLACEHOLDERS


def test_the_button_fills_in_all_that_the_forwarder_needs() -> None:
    labels = [i["parameters"] for i in INSTRUCTIONS if i["type"] == "CopyableLabel"]
    assert {label["fillWith"][0] for label in labels} == FILLED
    assert [i["type"] for i in INSTRUCTIONS].count("DeployPushConnectorButton") == 1
    (block,) = re.findall(r"```yaml\n(.*?)```", json.loads(json.dumps(INSTRUCTIONS[1]))["parameters"]["content"], re.S)
    settings = yaml.safe_load(block)["sinks"]["sentinel"]
    assert set(settings) == {label["label"].split(":")[0] for label in labels}
    valid = {**settings, "endpoint": "https://x.ingest.monitor.azure.com", "rule_id": "dcr-" + "1" * 32}
    assert SentinelSettings.model_validate(valid).client_id == "APPLICATION_ID"


def test_every_query_of_the_page_binds(content: Content) -> None:
    queries = {sample["description"]: sample["query"] for sample in PAGE["sampleQueries"]}
    queries |= {f"newest {kind['name']}": kind["lastDataReceivedQuery"] for kind in PAGE["dataTypes"]}
    queries |= {f"connected {n}": query for n, query in enumerate(PAGE["connectivityCriteria"][0]["value"])}
    queries |= {f"graph {graph['legend']}": graph["baseQuery"] for graph in PAGE["graphQueries"]}
    bound = bind(content, queries)
    assert len(bound) == len(PAGE["sampleQueries"]) + 3 * len(STREAMS)
    assert {name: answer.problems for name, answer in bound.items() if answer.problems} == {}
    assert {name for name, answer in bound.items() if list(answer.columns) == ["IsConnected"]} == {
        f"connected {n}" for n in range(len(STREAMS))
    }


@pytest.mark.parametrize("table", TABLES.values())
def test_each_table_has_a_query_for_its_last_row(table: str) -> None:
    assert table in [kind["name"] for kind in PAGE["dataTypes"]]
    assert any(query.startswith(table) for query in PAGE["connectivityCriteria"][0]["value"])
