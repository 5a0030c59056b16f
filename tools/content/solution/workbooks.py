"""Workbooks as Azure resources. The id is derived from the name, so a new deployment updates the same workbook."""

import json
from typing import Any

from tools.content.arm import WORKSPACE
from tools.content.solution.inventory import Item

API = "2022-04-01"


def workbook(item: Item) -> dict[str, Any]:
    """A workbook of the workspace, shown in Sentinel's gallery."""
    return {
        "type": "Microsoft.Insights/workbooks",
        "apiVersion": API,
        "name": f"[guid({WORKSPACE[1:-1]}, '{item.name}')]",
        "location": "[parameters('location')]",
        "kind": "shared",
        "properties": workbook_properties(item),
    }


def workbook_properties(item: Item) -> dict[str, Any]:
    """The properties of a workbook from its file."""
    return {
        "displayName": title(item),
        "serializedData": json.dumps(item.document, separators=(",", ":")),
        "version": "1.0",
        "category": "sentinel",
        "sourceId": WORKSPACE,
    }


def title(item: Item) -> str:
    """`Claude - Keys`, of a workbook whose first heading is `# Keys`."""
    first = next(part["content"]["json"] for part in item.document["items"] if "json" in part["content"])
    heading: str = first.splitlines()[0]
    return f"Claude - {heading.removeprefix('# ')}"
