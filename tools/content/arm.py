"""Common parts of Azure Resource Manager templates, and escaping of leading brackets."""

import json
import re
from collections.abc import Sequence
from typing import Any

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SECURITY_INSIGHTS_API = "2024-09-01"
WORKSPACE = "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]"
_EXPRESSION = re.compile(r"\[[a-zA-Z]+\(")


def parameter(kind: str, description: str, **more: Any) -> dict[str, Any]:
    """A parameter of a template."""
    return {"type": kind, **more, "metadata": {"description": description}}


WORKSPACE_PARAMETER = parameter(
    "string", "Log Analytics workspace that Microsoft Sentinel is on; in this resource group"
)
LOCATION_PARAMETER = parameter("string", "Azure region of the workspace", defaultValue="[resourceGroup().location]")


def deployment(parameters: dict[str, Any], resources: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A template; `more`: its other sections, such as `outputs`. `None` values of a resource are omitted."""
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [literal(resource) for resource in resources],
        **more,
    }


def as_file(document: Any) -> str:
    """The document as file text."""
    return json.dumps(document, indent=2) + "\n"


def literal(value: Any) -> Any:
    """Doubles a leading bracket of text that is not an expression, as Resource Manager requires."""
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, str) and value.startswith("[") and not _EXPRESSION.match(value):
        return f"[{value}"
    return value
