"""Saved functions and analytics rules as Azure resources. Rules exist only where the tables can be read by rules."""

from typing import Any

from forwarder.records import STREAMS
from tools.content import analytics_rules
from tools.content.arm_tables import table_id
from tools.content.asim import asim_parsers
from tools.content.durations import iso8601
from tools.content.folder import Content, Detection, Function
from tools.content.parsers import CATEGORY
from tools.content.watchlists import API, WORKSPACE

ASIM_CATEGORY = "ASIM"
ANALYTICS_ONLY = "[equals(parameters('plan'), 'Analytics')]"
"""Scheduled rules run on tables of plan Analytics alone (Azure Monitor: table plans)."""


def functions(content: Content) -> list[dict[str, Any]]:
    """A saved search with an alias a function; ASIM's parsers are functions too."""
    own = [_function(function, CATEGORY) for function in content.functions]
    return own + [_function(parser.function, ASIM_CATEGORY) for parser in asim_parsers(content)]


def _function(function: Function, category: str) -> dict[str, Any]:
    return {
        "type": "Microsoft.OperationalInsights/workspaces/savedSearches",
        "apiVersion": "2020-08-01",
        "name": f"[concat(parameters('workspace'), '/{function.name}')]",
        "dependsOn": [table_id(stream) for stream in STREAMS],
        "etag": "*",
        "properties": {
            "category": category,
            "displayName": function.name,
            "functionAlias": function.name,
            "functionParameters": function.parameters,
            "query": function.body,
            "version": 2,
        },
    }


def alert_rules(content: Content) -> list[dict[str, Any]]:
    """The analytics rules; whether they run is a parameter."""
    needed = [_function_id(function) for function in content.functions]
    needed += [_watchlist_id(lookup.told.watchlist) for lookup in content.lookups]
    return [_alert_rule(detection, needed) for detection in content.detections]


def _function_id(function: Function) -> str:
    kind = "Microsoft.OperationalInsights/workspaces/savedSearches"
    return f"[resourceId('{kind}', parameters('workspace'), '{function.name}')]"


def _watchlist_id(alias: str) -> str:
    return f"[extensionResourceId({WORKSPACE[1:-1]}, 'Microsoft.SecurityInsights/watchlists', '{alias}')]"


def _alert_rule(detection: Detection, needed: list[str]) -> dict[str, Any]:
    return {
        "type": "Microsoft.SecurityInsights/alertRules",
        "apiVersion": API,
        "scope": WORKSPACE,
        "name": str(detection.rule.id),
        "condition": ANALYTICS_ONLY,
        "kind": "Scheduled",
        "dependsOn": needed,
        "properties": _properties(detection),
    }


def _properties(detection: Detection) -> dict[str, Any]:
    rule, template = detection.rule, analytics_rules.analytics_rule(detection)
    grouping = analytics_rules.grouping(rule)
    grouping["lookbackDuration"] = iso8601(grouping["lookbackDuration"])
    return {
        "displayName": template["name"],
        "description": template["description"],
        "enabled": "[parameters('enableRules')]",
        "severity": template["severity"],
        "query": template["query"],
        "queryFrequency": iso8601(rule.schedule.every),
        "queryPeriod": iso8601(rule.schedule.lookback),
        "triggerOperator": "GreaterThan",
        "triggerThreshold": template["triggerThreshold"],
        "suppressionEnabled": False,
        "suppressionDuration": iso8601(rule.schedule.every),
        "tactics": rule.tactics,
        "techniques": sorted({technique.split(".")[0] for technique in rule.mitre_attack}),
        "entityMappings": template["entityMappings"],
        "customDetails": template["customDetails"],
        "alertDetailsOverride": template.get("alertDetailsOverride"),
        "eventGroupingSettings": template["eventGroupingSettings"],
        "incidentConfiguration": {"createIncident": True, "groupingConfiguration": grouping},
        "templateVersion": rule.version,
    }
