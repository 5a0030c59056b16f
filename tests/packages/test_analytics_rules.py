"""The analytics rules keep the limits of the Azure-Sentinel repository's template checks."""

import re

import pytest
import yaml

from tests.packages.solution import RULES, SENTINEL
from tools.content.entities import IDENTIFIERS

REQUIRED = "id name description severity requiredDataConnectors queryFrequency queryPeriod triggerOperator "
REQUIRED += "triggerThreshold tactics relevantTechniques query entityMappings version kind"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MINUTES = {"m": 1, "h": 60, "d": 1440}


def in_minutes(duration: str) -> int:
    return int(duration[:-1]) * MINUTES[duration[-1]]


def test_there_is_a_rule_a_folder_and_ids_are_unique() -> None:
    assert len({rule["id"] for rule in RULES.values()}) == len(RULES) > 0


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_the_required_keys_within_their_limits(name: str) -> None:
    rule = RULES[name]
    assert [key for key in REQUIRED.split() if key not in rule] == []
    assert GUID.fullmatch(rule["id"])
    assert len(rule["name"]) <= 256
    assert len(rule["description"]) <= 5000
    assert 1 <= len(rule["query"]) <= 10_000
    assert rule["severity"] in {"Informational", "Low", "Medium", "High"}
    assert rule["triggerOperator"] in {"gt", "lt", "eq", "ne"}
    assert 0 <= rule["triggerThreshold"] <= 10_000
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule["version"])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_runs_within_the_times_that_sentinel_allows(name: str) -> None:
    every, period = in_minutes(RULES[name]["queryFrequency"]), in_minutes(RULES[name]["queryPeriod"])
    assert 5 <= every <= period <= in_minutes("14d")
    assert period < in_minutes("2d") or every >= 60
    assert in_minutes(RULES[name]["incidentConfiguration"]["groupingConfiguration"]["lookbackDuration"]) <= 7 * 1440


@pytest.mark.parametrize("name", RULES)
def test_a_rule_maps_entities_and_details_as_sentinel_takes_them(name: str) -> None:
    rule = RULES[name]
    assert 1 <= len(rule["entityMappings"]) <= 5
    for entity in rule["entityMappings"]:
        assert 1 <= len(entity["fieldMappings"]) <= 3
        assert {field["identifier"] for field in entity["fieldMappings"]} <= IDENTIFIERS[entity["entityType"]]
    assert len(rule["customDetails"]) <= 20
    assert all(re.fullmatch(r"[a-zA-Z]+\w*", key) and len(key) <= 20 for key in rule["customDetails"])


@pytest.mark.parametrize("name", RULES)
def test_an_alert_shows_at_most_three_columns_and_groups_by_what_it_maps(name: str) -> None:
    rule = RULES[name]
    shown = re.findall(r"\{\{(\w+)\}\}", rule.get("alertDetailsOverride", {}).get("alertDescriptionFormat", ""))
    assert len(set(shown)) <= 3
    grouping = rule["incidentConfiguration"]["groupingConfiguration"]
    assert set(grouping["groupByEntities"]) <= {entity["entityType"] for entity in rule["entityMappings"]}
    assert set(grouping["groupByCustomDetails"]) <= set(rule["customDetails"])
    assert grouping["groupByEntities"] or grouping["groupByCustomDetails"]


def test_the_packagers_input_lists_every_file_and_no_other() -> None:
    solution = yaml.safe_load((SENTINEL / "Data/Solution_ClaudeSIEM.json").read_text())
    listed = {path for key in ("Analytic Rules", "Parsers", "Watchlists") for path in solution[key]}
    folders = ("Analytic Rules", "Parsers", "Watchlists")
    found = {path.relative_to(SENTINEL).as_posix() for folder in folders for path in (SENTINEL / folder).iterdir()}
    assert listed == found
    assert (SENTINEL / solution["Metadata"]).exists()
