"""`sentinel/mainTemplate.json`: everything that Sentinel needs in one deployment."""

import json
import re
from typing import Any

from tools.content.arm_collection import RULE_ID, collection
from tools.content.arm_rules import alert_rules, functions
from tools.content.arm_tables import tables
from tools.content.folder import Content
from tools.content.watchlists import SCHEMA, watchlist

PATH = "sentinel/mainTemplate.json"
_EXPRESSION = re.compile(r"\[[a-zA-Z]+\(")


def _parameter(kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more, "metadata": {"description": description}}


PARAMETERS = {
    "workspace": _parameter("string", "Log Analytics workspace that Microsoft Sentinel is on; in this resource group"),
    "location": _parameter("string", "Azure region of the workspace", defaultValue="[resourceGroup().location]"),
    "principalId": _parameter("string", "Object id of the forwarder's service principal or managed identity"),
    "retentionInDays": _parameter("int", "Days that rows are kept", defaultValue=90, minValue=30, maxValue=730),
    "plan": _parameter(
        "string", "Table plan; rules need Analytics", defaultValue="Analytics", allowedValues=["Analytics", "Basic"]
    ),
    "enableRules": _parameter("bool", "Whether the rules run after the deployment", defaultValue=False),
}


def template_file(content: Content) -> dict[str, str]:
    """The template under its path."""
    return {PATH: json.dumps(template(content), indent=2) + "\n"}


def template(content: Content) -> dict[str, Any]:
    """The deployment, in the order in which things depend on each other."""
    resources = [
        *tables(),
        *collection(),
        *functions(content),
        *map(watchlist, content.lookups),
        *alert_rules(content),
    ]
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": PARAMETERS,
        "resources": [_literal(resource) for resource in resources],
        "outputs": {
            "endpoint": _output(f"[reference({RULE_ID}, '2023-03-11').endpoints.logsIngestion]"),
            "ruleId": _output(f"[reference({RULE_ID}, '2023-03-11').immutableId]"),
        },
    }


def _output(value: str) -> dict[str, str]:
    return {"type": "string", "value": value}


def _literal(value: Any) -> Any:
    """Doubles the bracket of text that starts like an expression but is none, as Resource Manager wants it."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    if isinstance(value, str) and value.startswith("[") and not _EXPRESSION.match(value):
        return f"[{value}"
    return value
