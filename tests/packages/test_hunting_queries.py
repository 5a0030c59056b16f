"""Hunting queries: the repository's form, Microsoft's binder, and what their descriptions say was executed.

KQL ran in duckdb-kql, not in Sentinel.
"""

import json
import re
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb_kql
import pytest
import yaml

from forwarder.detect.engine import Engine
from forwarder.sinks.sentinel import TABLES
from tests.content.execute import content
from tests.content.records import NOW
from tests.kql.binder import Bound, bind
from tests.packages import hunting_of_keys_and_agents, hunting_of_people
from tests.packages.arm import of_type
from tests.packages.hunting_events import HuntTestCase
from tests.packages.solution import RULES
from tests.packages.workbook_answers import WORKBOOK_FUNCTIONS, row_of, workspace
from tools.content import hunting
from tools.content.hunting import STATIC, Hunt, UnfitHunt, load_hunts
from tools.content.tables_read import tables_read

HUNTS = load_hunts()
TEST_CASES = hunting_of_people.TEST_CASES | hunting_of_keys_and_agents.TEST_CASES
EXECUTED = [name for name, hunt in HUNTS.items() if hunt.proof == "executed"]


@pytest.fixture(scope="module")
def bound() -> dict[str, Bound]:
    return bind(content(), {name: hunt.query for name, hunt in HUNTS.items()}, WORKBOOK_FUNCTIONS.values())


def test_microsofts_binder_accepts_every_hunt_and_gives_the_columns_of_its_entities(bound: dict[str, Bound]) -> None:
    assert {name: result.problems for name, result in bound.items() if result.problems} == {}
    for name, hunt in HUNTS.items():
        assert {field.column for entity in hunt.entities for field in entity.fields} <= set(bound[name].columns), name


def test_ids_and_names_are_unique() -> None:
    ids = [str(hunt.id) for hunt in HUNTS.values()] + [rule["id"] for rule in RULES.values()]
    names = [hunt.name for hunt in HUNTS.values()] + [rule["name"] for rule in RULES.values()]
    assert len(set(ids)) == len(ids)
    assert len(set(names)) == len(names)


def test_a_query_declares_the_tables_it_reads() -> None:
    bodies = {function.name: function.body for function in [*content().functions, *WORKBOOK_FUNCTIONS.values()]}
    for name, hunt in HUNTS.items():
        (need,) = hunt.needs
        assert need.tables == [TABLES[stream] for stream in tables_read(hunt.query, bodies)], name


def test_exactly_the_queries_described_as_executed_have_a_test_case() -> None:
    assert set(EXECUTED) == set(TEST_CASES)
    assert len(EXECUTED) >= 10


@pytest.mark.parametrize("name", [name for name in HUNTS if name not in EXECUTED])
def test_a_query_described_as_not_executed_cannot_be_and_names_the_reason(name: str) -> None:
    reason = HUNTS[name].description.splitlines()[-1].removeprefix(STATIC).split(" is available")[0].split()[-1]
    assert reason in HUNTS[name].query
    with pytest.raises(duckdb_kql.KqlUnsupportedError):
        workspace([]).query(HUNTS[name].query, NOW)


def held(test_case: HuntTestCase) -> Engine:
    """A workspace with the events of the test case."""
    return workspace(map(row_of, test_case.events), test_case.lookups)


@pytest.mark.parametrize("name", TEST_CASES)
def test_a_query_finds_its_test_case_and_ignores_near_misses(name: str) -> None:
    test_case = TEST_CASES[name]()
    rows = held(test_case).query(HUNTS[name].query, NOW)
    columns = {column for row in test_case.rows for column in row}
    assert [{column: plain(row.get(column)) for column in columns} for row in rows] == [
        {column: row.get(column) for column in columns} for row in test_case.rows
    ]


def plain(value: Any) -> Any:
    """A time in UTC, a list without blanks and in order; all else as it is."""
    if hasattr(value, "tzinfo"):
        return value.replace(tzinfo=UTC)
    if isinstance(value, str) and value.startswith("["):
        return json.dumps(sorted(json.loads(value)), separators=(",", ":"))
    return value


def test_the_deployment_has_every_hunt_where_sentinel_hunts() -> None:
    saved = [s["properties"] for s in of_type("savedSearches") if s["properties"]["category"] == "Hunting Queries"]
    assert {s["displayName"]: s["query"] for s in saved} == {hunt.name: hunt.query for hunt in HUNTS.values()}
    for properties in saved:
        tags = {tag["name"]: tag["value"] for tag in properties["tags"]}
        (hunt,) = (one for one in HUNTS.values() if one.name == properties["displayName"])
        assert tags == {
            "description": hunt.description,
            "tactics": ",".join(hunt.tactics),
            "techniques": ",".join(hunt.techniques),
        }


def source(**changes: Any) -> dict[str, Any]:
    """A small hunt as YAML holds it."""
    return {
        "id": "0690bc84-f474-4391-afeb-f54229a83a06",
        "name": "Claude - Something",
        "description": f"What it finds.\n{hunting.EXECUTED}",
        "requiredDataConnectors": [{"connectorId": "ClaudeSIEM", "dataTypes": ["ClaudeActivity_CL"]}],
        "tactics": ["Collection"],
        "relevantTechniques": ["T1213"],
        "query": "print user = 'a'",
        "entityMappings": [
            {"entityType": "Account", "fieldMappings": [{"identifier": "Name", "columnName": "user"}]},
        ],
        "version": "1.0.0",
        **changes,
    }


def test_a_valid_source_is_accepted() -> None:
    assert Hunt.model_validate(source()).proof == "executed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Something"}, "name: String should match pattern"),
        ({"tactics": ["Mischief"]}, "['Mischief'] are no tactics of Sentinel"),
        ({"relevantTechniques": ["T1078"]}, "techniques without a tactic of theirs: ['T1078']"),
        ({"description": "What it finds."}, "description must end in a line"),
        ({"query": "a" * 10_001}, "at most 10000 characters"),
        ({"entityMappings": []}, "at least 1 item"),
        ({"version": "1.0"}, "version: String should match pattern"),
        ({"requiredDataConnectors": []}, "requiredDataConnectors: List should have at least 1 item"),
        ({"severity": "Low"}, "Extra inputs are not permitted"),
        (
            {
                "entityMappings": [
                    {"entityType": "Person", "fieldMappings": [{"identifier": "Name", "columnName": "u"}]}
                ]
            },
            "'Person' is no entity type of Sentinel",
        ),
    ],
)
def test_an_invalid_source_is_rejected_with_its_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "ClaudeA.yaml"
    path.write_text(yaml.safe_dump(source(**changes)))
    with pytest.raises(UnfitHunt, match=re.escape(message)) as error:
        load_hunts(tmp_path)
    assert "ClaudeA.yaml: " in str(error.value)
