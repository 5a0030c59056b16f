"""The analytics rules keep the limits of the Azure-Sentinel repository's template checks."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.content.execute import content
from tests.packages.azure_models import wrong
from tests.packages.rule_limits import SCHEDULE, Rule, violations
from tests.packages.solution import RULES
from tools.content.analytics_rules import analytics_rule
from tools.content.arm_rules import alert_rule, rule_properties

FUNCTIONS = {function.name: function.body for function in content().functions}
NEAR_REAL_TIME = {d.folder: d for d in content().detections if d.rule.schedule.near_real_time}
NRT_RULES_OF_A_TENANT = 50
"""Microsoft Learn: near-real-time analytics rules."""


def test_there_is_a_rule_a_folder_and_ids_and_names_are_unique() -> None:
    assert len({rule["id"] for rule in RULES.values()}) == len({rule["name"] for rule in RULES.values()}) == len(RULES)
    assert RULES


@pytest.mark.parametrize("name", RULES)
def test_every_rule_passes_the_repositorys_checks(name: str) -> None:
    assert violations(RULES[name]) == []


BROKEN: dict[str, tuple[Callable[[Rule], Any], str]] = {
    "key": (lambda r: r.pop("severity"), "severity is missing"),
    "id": (lambda r: r.update(id="42"), "id is no GUID"),
    "description": (lambda r: r.update(description="x" * 5001), "description has 5001"),
    "query": (lambda r: r.update(query="x" * 10_001), "query has 10001"),
    "severity": (lambda r: r.update(severity="Critical"), "severity is 'Critical'"),
    "threshold": (lambda r: r.update(triggerThreshold=10_001), "out of 0 to 10000"),
    "version": (lambda r: r.update(version="1.0"), "version is not"),
    "connector": (lambda r: r["requiredDataConnectors"][0].update(dataTypes=[]), "no connector or no data"),
    "duration": (lambda r: r.update(queryPeriod="PT1H"), "are no durations"),
    "far": (lambda r: r.update(queryPeriod="15d"), "out of 5m to 14d"),
    "short": (lambda r: r.update(queryPeriod="5m", queryFrequency="1h"), "is shorter than"),
    "often": (lambda r: r.update(queryPeriod="2d", queryFrequency="30m"), "at least 1h"),
    "entities": (lambda r: r.update(entityMappings=[]), "not 1 to 5"),
    "fields": (lambda r: r["entityMappings"][0].update(fieldMappings=[]), "not 1 to 3"),
    "identifier": (lambda r: r["entityMappings"][0]["fieldMappings"][0].update(identifier="Nick"), "identifies no"),
    "details": (lambda r: r.update(customDetails={f"d{n}": "a" for n in range(21)}), "more than 20"),
    "detail": (lambda r: r["customDetails"].update({"a-b": "c"}), "a-b is no key"),
    "column": (lambda r: r["customDetails"].update({"ab": "1c"}), "1c is no column"),
    "columns shown": (
        lambda r: r.update(alertDetailsOverride={"alertDescriptionFormat": "{{a}}{{b}}{{c}}{{d}}"}),
        "more than three columns",
    ),
    "grouping kind": (lambda r: r["eventGroupingSettings"].update(aggregationKind="All"), "aggregationKind"),
    "grouping": (
        lambda r: r["incidentConfiguration"]["groupingConfiguration"].update(groupByEntities=["Host"]),
        "does not map",
    ),
    "tactic": (lambda r: r["tactics"].append("Mischief"), "Mischief is no tactic"),
    "technique": (lambda r: r["relevantTechniques"].append("T1485"), "do not fit"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_rejected(case: str) -> None:
    change, message = BROKEN[case]
    rule = copy.deepcopy(RULES["ClaudeAPIKeyUsedAfterRevocation"])
    change(rule)
    assert message in "\n".join(violations(rule))


@pytest.mark.parametrize("folder", NEAR_REAL_TIME)
def test_a_rule_for_single_decisive_events_is_an_nrt_rule_without_a_schedule(folder: str) -> None:
    rule = analytics_rule(NEAR_REAL_TIME[folder], FUNCTIONS)
    assert rule["kind"] == "NRT"
    assert violations(rule) == []
    assert violations({**rule, "queryFrequency": "5m"}) == ["queryFrequency is not for an NRT rule"]
    deployed = alert_rule(rule, FUNCTIONS, [])
    assert not set(SCHEDULE) & set(deployed["properties"])
    assert wrong(deployed) == []
    template = {"type": "Microsoft.SecurityInsights/AlertRuleTemplates", "kind": "NRT"}
    properties = {key: value for key, value in rule_properties(rule).items() if key != "templateVersion"}
    hub = {**properties, "enabled": False, "status": "Available", "requiredDataConnectors": []}
    ours = {
        key
        for key in hub
        if key not in ("enabled", "suppressionEnabled", "suppressionDuration", "incidentConfiguration")
    }
    assert wrong({**template, "properties": {key: hub[key] for key in ours}}) == []


def test_there_are_few_enough_nrt_rules_and_each_reads_what_arrived_within_ten_minutes() -> None:
    assert 0 < len(NEAR_REAL_TIME) <= NRT_RULES_OF_A_TENANT // 2
    assert {d.rule.parameters["fresh"].default for d in NEAR_REAL_TIME.values()} == {600}
    assert all("\nlet fresh = 10m;\n" in d.kql for d in NEAR_REAL_TIME.values())


def test_findings_about_one_entity_are_one_incident_and_a_closed_one_stays_closed() -> None:
    for detection in content().detections:
        rule = analytics_rule(detection, FUNCTIONS)
        grouping = rule["incidentConfiguration"]["groupingConfiguration"]
        assert (grouping["enabled"], grouping["matchingMethod"]) == (True, "Selected")
        assert grouping["reopenClosedIncident"] is False
        assert grouping["lookbackDuration"] == detection.rule.suppress.for_
