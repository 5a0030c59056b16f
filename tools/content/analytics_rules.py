"""`sentinel/Analytic Rules/*.yaml`, in the form of the Azure-Sentinel repository.

Sentinel can only suppress a whole rule, not one entity. So findings about one entity are grouped into one incident
for the suppression time; an incident that an analyst closed stays closed, and a later finding opens a new one.

A rule for single decisive events is an NRT rule: Sentinel runs it every minute over what was ingested in the minute
before, without a schedule, period or threshold (Microsoft Learn: near-real-time analytics rules).
"""

from collections.abc import Mapping
from typing import Any

import yaml

from forwarder.sinks.sentinel import TABLES
from tools.content.durations import Duration, minutes
from tools.content.folder import Content, Detection
from tools.content.rules import Rule
from tools.content.tables_read import tables_read
from tools.content.text import one_line, paragraphs

FOLDER = "sentinel/Analytic Rules"
SHOWN_AT_MOST = 3
"""Columns that one text of an alert may show (Azure-Sentinel: alertDetailsOverride)."""
LONGEST_GROUPING: Duration = "7d"
CONNECTOR = "ClaudeSIEM"
"""Id of our connector in Sentinel, which each rule names as required."""


class _Readable(yaml.SafeDumper):
    """YAML with queries and long text as blocks, and lists indented as in the repository."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indents the items of a list under its key."""
        super().increase_indent(flow, False)


def _block(dumper: _Readable, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _block)


def rule_files(content: Content) -> dict[str, str]:
    """One file per rule, named after the rule."""
    functions = {function.name: function.body for function in content.functions}
    return {f"{FOLDER}/{file_name(d.rule)}": readable(analytics_rule(d, functions)) for d in content.detections}


def file_name(rule: Rule) -> str:
    """The rule's name as a file name of the repository: capitalized words without spaces."""
    words = "".join(letter if letter.isalnum() else " " for letter in rule.name.replace("'", "")).split()
    return "Claude" + "".join(word[0].upper() + word[1:] for word in words) + ".yaml"


def display_name(rule: Rule) -> str:
    """The rule's name in Sentinel."""
    return f"Claude - {rule.name}"


def readable(document: dict[str, Any]) -> str:
    """The document as YAML, keys in their order."""
    return yaml.dump(document, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120)


def analytics_rule(detection: Detection, functions: Mapping[str, str]) -> dict[str, Any]:
    """The rule as the repository's template has it; `functions`: name and body of what its query may call."""
    rule = detection.rule
    override = alert_details(rule)
    return {
        "id": str(rule.id),
        "name": display_name(rule),
        "description": description(rule),
        "severity": rule.severity.capitalize(),
        "status": "Available",
        "requiredDataConnectors": [
            {"connectorId": CONNECTOR, "dataTypes": [TABLES[s] for s in tables_read(detection.kql, functions)]}
        ],
        **({} if rule.schedule.near_real_time else _schedule(rule)),
        "tactics": rule.tactics,
        "relevantTechniques": rule.mitre_attack,
        "query": detection.kql + "\n",
        "entityMappings": entity_mappings(rule),
        "customDetails": custom_details(rule),
        **({"alertDetailsOverride": override} if override else {}),
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {"createIncident": True, "groupingConfiguration": grouping(rule)},
        "version": rule.version,
        "kind": "NRT" if rule.schedule.near_real_time else "Scheduled",
    }


def _schedule(rule: Rule) -> dict[str, Any]:
    return {
        "queryFrequency": rule.schedule.every,
        "queryPeriod": rule.schedule.lookback,
        "triggerOperator": "gt",
        "triggerThreshold": 0,
    }


def description(rule: Rule) -> str:
    """Summary, reason, runbook and false positives, one line each."""
    return "\n".join(paragraphs(rule))


def entity_mappings(rule: Rule) -> list[dict[str, Any]]:
    """One entity per column."""
    return [
        {"entityType": e.type, "fieldMappings": [{"identifier": e.identifier, "columnName": e.column}]}
        for e in rule.entities
    ]


def custom_details(rule: Rule) -> dict[str, str]:
    """Every column in the message or in the suppression."""
    return {column: column for column in dict.fromkeys([*rule.message_columns, *rule.suppress.by])}


def alert_details(rule: Rule) -> dict[str, str]:
    """The message as the alert's description, if it has few enough columns."""
    if len(rule.message_columns) > SHOWN_AT_MOST:
        return {}
    text = one_line(rule.message)
    for column in rule.message_columns:
        text = text.replace(f"${column}$", f"{{{{{column}}}}}")
    return {"alertDescriptionFormat": text}


def grouping(rule: Rule) -> dict[str, Any]:
    """Findings with the same entities and details within the suppression time are one incident."""
    by = set(rule.suppress.by)
    entities = sorted({entity.type for entity in rule.entities if entity.column in by})
    details = [column for column in rule.suppress.by if column not in {entity.column for entity in rule.entities}]
    longest = min(rule.suppress.for_, LONGEST_GROUPING, key=minutes)
    return {
        "enabled": True,
        "reopenClosedIncident": False,
        "lookbackDuration": longest,
        "matchingMethod": "Selected",
        "groupByEntities": entities,
        "groupByAlertDetails": [],
        "groupByCustomDetails": details,
    }
