"""The content hub's templates of rules, functions, hunting queries, workbooks and playbooks."""

from typing import Any, NamedTuple

from tools.content.arm import SCHEMA, literal
from tools.content.arm_rules import rule_properties
from tools.content.arm_saved import function, hunt_properties
from tools.content.playbooks.playbook import VERSION as PLAYBOOK_VERSION
from tools.content.solution import data
from tools.content.solution.inventory import Inventory, Item, SavedFunction
from tools.content.solution.workbooks import title, workbook_properties

Resources = list[dict[str, Any]]
TEMPLATES_API = "2023-04-01-preview"
METADATA_API = "2022-01-01-preview"
REGION = "[parameters('workspace-location')]"
_PACKAGE = (
    "[extensionResourceId(resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace')), "
    "'Microsoft.SecurityInsights/contentPackages', variables('_solutionId'))]"
)
_SHORT = {
    "AnalyticsRule": "ar",
    "HuntingQuery": "hq",
    "Parser": "pr",
    "Playbook": "pl",
    "Workbook": "wb",
    "DataConnector": "dc",
    "ResourcesDataConnector": "rdc",
}


class Part(NamedTuple):
    """A part of the solution: content kind, id and version."""

    kind: str
    content_id: str
    version: str

    def criterion(self) -> dict[str, str]:
        """Its entry in the package's dependencies."""
        return {"kind": self.kind, "contentId": self.content_id, "version": self.version}


def item_resources(solution: Inventory) -> tuple[Resources, list[Part]]:
    """The resources of every item, and the parts that they are."""
    made = [
        *map(_workbook, solution.workbooks),
        *map(_rule, solution.rules),
        *map(_hunt, solution.hunts),
        *map(_parser, solution.functions),
        *map(_playbook, solution.playbooks),
    ]
    return [resource for _, resources in made for resource in resources], [part for part, _ in made]


def content_template(part: Part, name: str, main_template: dict[str, Any]) -> dict[str, Any]:
    """A content hub template; `name` is its display name."""
    short = _SHORT[part.kind]
    product = (
        f"[concat(take(variables('_solutionId'), 50), '-{short}-', uniqueString(concat(variables('_solutionId'), "
        f"'-{part.kind}-{part.content_id}-{part.version}')))]"
    )
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/contentTemplates",
        "apiVersion": TEMPLATES_API,
        "name": "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/', concat(parameters('workspace'), "
        f"'-{short}-', uniqueString('{part.content_id}')))]",
        "location": REGION,
        "dependsOn": [_PACKAGE],
        "properties": {
            "description": f"{name}, {part.kind} of {data.NAME} {data.VERSION}",
            "mainTemplate": {"$schema": SCHEMA, "contentVersion": part.version, **main_template},
            "packageKind": "Solution",
            "packageVersion": "[variables('_solutionVersion')]",
            "packageName": "[variables('_solutionName')]",
            "packageId": "[variables('_solutionId')]",
            "contentSchemaVersion": "3.0.0",
            "contentId": part.content_id,
            "contentKind": part.kind,
            "displayName": name,
            "contentProductId": product,
            "id": product,
            "version": part.version,
        },
    }


def metadata(part: Part, parent: str, **more: Any) -> dict[str, Any]:
    """Metadata that links a resource to the solution; `parent`: expression of the resource's id."""
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/metadata",
        "apiVersion": METADATA_API,
        "name": f"[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{part.kind}-{part.content_id}')]",
        "properties": {
            "parentId": parent,
            "contentId": part.content_id,
            "kind": part.kind,
            "version": part.version,
            "source": {"kind": "Solution", "name": data.NAME, "sourceId": "[variables('_solutionId')]"},
            "author": {"name": data.PUBLISHER},
            "support": data.SUPPORT,
            **more,
        },
    }


def _plain(*resources: dict[str, Any]) -> dict[str, Any]:
    """A main template without parameters; its expressions are those of the outer template."""
    return {"parameters": {}, "variables": {}, "resources": [literal(resource) for resource in resources]}


def _rule(item: Item) -> tuple[Part, Resources]:
    rule = item.document
    part = Part("AnalyticsRule", rule["id"], rule["version"])
    template = {
        "type": "Microsoft.SecurityInsights/AlertRuleTemplates",
        "apiVersion": "2023-02-01-preview",
        "name": rule["id"],
        "kind": rule["kind"],
        "location": REGION,
        "properties": {
            **{key: value for key, value in rule_properties(rule).items() if key != "templateVersion"},
            "enabled": False,
            "status": rule["status"],
            "requiredDataConnectors": rule["requiredDataConnectors"],
        },
    }
    parent = f"[resourceId('Microsoft.SecurityInsights/AlertRuleTemplates', '{rule['id']}')]"
    return part, [content_template(part, rule["name"], _plain(template, metadata(part, parent)))]


def _hunt(item: Item) -> tuple[Part, Resources]:
    hunt = item.document
    part = Part("HuntingQuery", hunt["id"], hunt["version"])
    saved = {
        "type": "Microsoft.OperationalInsights/savedSearches",
        "apiVersion": "2022-10-01",
        "name": hunt["id"],
        "location": REGION,
        "properties": {"eTag": "*", **hunt_properties(hunt)},
    }
    parent = f"[resourceId('Microsoft.OperationalInsights/savedSearches', '{hunt['id']}')]"
    return part, [content_template(part, hunt["name"], _plain(saved, metadata(part, parent)))]


def _parser(saved: SavedFunction) -> tuple[Part, Resources]:
    """A function is installed with the solution, because rules and workbooks call it."""
    part = Part("Parser", f"{saved.name}-Parser", data.VERSION)
    resource = {
        key: value for key, value in function(saved, [], whole=True).items() if key not in ("dependsOn", "etag")
    }
    installed = {**resource, "location": REGION, "properties": {"eTag": "*", **resource["properties"]}}
    kind = "Microsoft.OperationalInsights/workspaces/savedSearches"
    metadata_resource = metadata(part, f"[resourceId('{kind}', parameters('workspace'), '{saved.name}')]")
    template = content_template(part, saved.name, _plain(installed, metadata_resource))
    return part, [template, literal(installed), metadata_resource]


def _workbook(item: Item) -> tuple[Part, Resources]:
    part = Part("Workbook", f"{item.name}Workbook", "1.0.0")
    resource = {
        "type": "Microsoft.Insights/workbooks",
        "apiVersion": "2021-08-01",
        "name": part.content_id,
        "location": REGION,
        "kind": "shared",
        "metadata": {"description": title(item)},
        "properties": {**workbook_properties(item), "sourceId": "[variables('workspaceResourceId')]"},
    }
    parent = f"[resourceId('Microsoft.Insights/workbooks', '{part.content_id}')]"
    return part, [content_template(part, title(item), _plain(resource, metadata(part, parent)))]


def _playbook(item: Item) -> tuple[Part, Resources]:
    """Its expressions are evaluated when a playbook is created from the template, so each gets a second bracket."""
    part = Part("Playbook", item.name, PLAYBOOK_VERSION)
    own = {key: _deferred(item.document[key]) for key in ("parameters", "variables")}
    metadata_resource = metadata(part, f"[resourceId('Microsoft.Logic/workflows', '{item.name}')]")
    main_template = {**own, "resources": [*_deferred(item.document["resources"]), metadata_resource]}
    main_template["metadata"] = item.document["metadata"]
    return part, [content_template(part, item.document["metadata"]["title"], main_template)]


def _deferred(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deferred(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_deferred(item) for item in value]
    return f"[{value}" if isinstance(value, str) and value.startswith("[") else value
