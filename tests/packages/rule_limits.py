"""Checks of the Azure-Sentinel repository on an analytics rule (`.script/tests/detectionTemplateSchemaValidation`).

Limits are those of its models: ScheduledTemplateInternalModel and its bases, NrtTemplateInternalModel (without a
schedule and a threshold), AlertDetailsOverride, the attributes for entity mappings, custom details, periods, event
grouping, techniques and tactics, template version.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tools.content.attack import TACTICS, tactics_without_technique, techniques_without_tactic
from tools.content.entities import IDENTIFIERS

SCHEDULE = ("queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold")
REQUIRED = "id name description severity requiredDataConnectors tactics relevantTechniques query entityMappings "
REQUIRED += "version kind"
MINUTES = {"m": 1, "h": 60, "d": 1440}
_DURATION = re.compile(r"[1-9]\d*[mhd]")
_DETAIL, _COLUMN = re.compile(r"[a-zA-Z]+\w*"), re.compile(r"[a-zA-Z_]+\w*")
Rule = dict[str, Any]


def violations(rule: Rule) -> list[str]:
    """All violations of a rule."""
    near_real_time = rule.get("kind") == "NRT"
    required = (*REQUIRED.split(), *(() if near_real_time else SCHEDULE))
    if missing := [key for key in required if key not in rule]:
        return [f"{key} is missing" for key in missing]
    times = [f"{key} is not for an NRT rule" for key in SCHEDULE if key in rule] if near_real_time else _times(rule)
    return [*_texts(rule), *times, *_entities(rule), *_details(rule), *_incidents(rule), *_attack(rule)]


def _texts(rule: Rule) -> Iterator[str]:
    try:
        UUID(rule["id"])
    except ValueError:
        yield "id is no GUID"
    for key, longest in {"name": 256, "description": 5000, "query": 10_000, "version": 20}.items():
        if not 1 <= len(rule[key]) <= longest:
            yield f"{key} has {len(rule[key])} letters, at most {longest}"
    allowed = {
        "severity": ("Informational", "Low", "Medium", "High"),
        "kind": ("Scheduled", "NRT"),
        "status": ("Available",),
    }
    yield from (f"{key} is {rule[key]!r}" for key, values in allowed.items() if rule[key] not in values)
    if not re.fullmatch(r"\d+\.\d+\.\d+", rule["version"]):
        yield "version is not x.y.z"
    for needed in rule["requiredDataConnectors"]:
        if not needed.get("connectorId") or not needed.get("dataTypes"):
            yield "requiredDataConnectors names no connector or no data"


def in_minutes(duration: str) -> int:
    """Such as `1h`, in minutes."""
    return int(duration[:-1]) * MINUTES[duration[-1]]


def _times(rule: Rule) -> Iterator[str]:
    texts = [rule["queryFrequency"], rule["queryPeriod"]]
    if wrong := [text for text in texts if not _DURATION.fullmatch(text)]:
        yield f"{wrong} are no durations"
        return
    if rule["triggerOperator"] not in ("gt", "lt", "eq", "ne"):
        yield f"triggerOperator is {rule['triggerOperator']!r}"
    if not 0 <= rule["triggerThreshold"] <= 10_000:
        yield "triggerThreshold is out of 0 to 10000"
    every, period = map(in_minutes, texts)
    if not 5 <= every <= in_minutes("14d") or not 5 <= period <= in_minutes("14d"):
        yield "times are out of 5m to 14d"
    if period < every:
        yield "queryPeriod is shorter than queryFrequency"
    if period >= in_minutes("2d") and every < 60:
        yield "a period of 2d or more needs a frequency of at least 1h"


def _entities(rule: Rule) -> Iterator[str]:
    if not 1 <= len(rule["entityMappings"]) <= 5:
        yield "entityMappings are not 1 to 5"
    for entity in rule["entityMappings"]:
        known = IDENTIFIERS.get(entity["entityType"], frozenset())
        if not 1 <= len(entity["fieldMappings"]) <= 3:
            yield "fieldMappings are not 1 to 3"
        yield from (
            f"{field['identifier']} identifies no {entity['entityType']}"
            for field in entity["fieldMappings"]
            if field["identifier"] not in known
        )


def _details(rule: Rule) -> Iterator[str]:
    details = rule.get("customDetails", {})
    if len(details) > 20:
        yield "customDetails are more than 20"
    for key, column in details.items():
        if len(key) > 20 or not _DETAIL.fullmatch(key):
            yield f"customDetails: {key} is no key"
        if len(column) > 500 or not _COLUMN.fullmatch(column):
            yield f"customDetails: {column} is no column"
    for key, text in rule.get("alertDetailsOverride", {}).items():
        longest = {"alertDisplayNameFormat": 256, "alertDescriptionFormat": 5000}[key]
        if not 1 <= len(text) <= longest or len(set(re.findall(r"\{\{(\w+)\}\}", text))) > 3:
            yield f"{key} is too long or shows more than three columns"


def _incidents(rule: Rule) -> Iterator[str]:
    if rule["eventGroupingSettings"]["aggregationKind"] not in ("SingleAlert", "AlertPerResult"):
        yield "aggregationKind is unknown"
    grouping = rule["incidentConfiguration"]["groupingConfiguration"]
    if in_minutes(grouping["lookbackDuration"]) > in_minutes("7d"):
        yield "incidents are grouped over more than 7d"
    if set(grouping["groupByEntities"]) - {entity["entityType"] for entity in rule["entityMappings"]}:
        yield "groups by an entity that it does not map"
    if set(grouping["groupByCustomDetails"]) - set(rule["customDetails"]):
        yield "groups by a detail that it does not have"
    if not grouping["groupByEntities"] and not grouping["groupByCustomDetails"]:
        yield "groups by nothing"


def _attack(rule: Rule) -> Iterator[str]:
    tactics, techniques = rule["tactics"], rule["relevantTechniques"]
    yield from (f"{tactic} is no tactic" for tactic in tactics if tactic not in TACTICS)
    if techniques_without_tactic(techniques, tactics) or tactics_without_technique(techniques, tactics):
        yield "tactics and techniques do not fit"
