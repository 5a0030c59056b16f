"""Analytics rules as Azure resources, from their files. A rule is deployed only if rules can read its tables."""

from collections.abc import Mapping
from typing import Any

from tools.content.arm import SECURITY_INSIGHTS_API, WORKSPACE
from tools.content.arm_tables import on_analytics
from tools.content.durations import Duration, iso8601
from tools.content.tables_read import tables_read

UNUSED_SUPPRESSION: Duration = "5h"
"""Azure requires a duration also where `suppressionEnabled` is false; an NRT rule has no frequency to give."""
_OPERATORS = {"gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual"}


def alert_rule(rule: Mapping[str, Any], functions: Mapping[str, str], needed: list[str]) -> dict[str, Any]:
    """The rule of one file; `functions` by name, `needed`: ids of its dependencies."""
    return {
        "type": "Microsoft.SecurityInsights/alertRules",
        "apiVersion": SECURITY_INSIGHTS_API,
        "scope": WORKSPACE,
        "name": rule["id"],
        "condition": _condition(rule["query"], functions),
        "kind": rule["kind"],
        "dependsOn": needed,
        "properties": {**rule_properties(rule), "enabled": "[parameters('enableRules')]"},
    }


def _condition(query: str, functions: Mapping[str, str]) -> str:
    """Scheduled rules run only on tables with the Analytics plan (Azure Monitor: table plans)."""
    readable = [on_analytics(stream) for stream in tables_read(query, functions)]
    return f"[{readable[0]}]" if len(readable) == 1 else f"[and({', '.join(readable)})]"


def rule_properties(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that a rule and its template share."""
    incident = rule["incidentConfiguration"]
    grouping = incident["groupingConfiguration"]
    return {
        "displayName": rule["name"],
        "description": rule["description"],
        "severity": rule["severity"],
        "query": rule["query"],
        **({} if rule["kind"] == "NRT" else _schedule(rule)),
        "suppressionEnabled": False,
        "suppressionDuration": iso8601(rule.get("queryFrequency", UNUSED_SUPPRESSION)),
        "tactics": rule["tactics"],
        "techniques": sorted({technique.split(".")[0] for technique in rule["relevantTechniques"]}),
        "entityMappings": rule["entityMappings"],
        "customDetails": rule["customDetails"],
        "alertDetailsOverride": rule.get("alertDetailsOverride"),
        "eventGroupingSettings": rule["eventGroupingSettings"],
        "incidentConfiguration": {
            **incident,
            "groupingConfiguration": {**grouping, "lookbackDuration": iso8601(grouping["lookbackDuration"])},
        },
        "templateVersion": rule["version"],
    }


def _schedule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """When a scheduled rule runs; an NRT rule has no such properties."""
    return {
        "queryFrequency": iso8601(rule["queryFrequency"]),
        "queryPeriod": iso8601(rule["queryPeriod"]),
        "triggerOperator": _OPERATORS[rule["triggerOperator"]],
        "triggerThreshold": rule["triggerThreshold"],
    }
