"""`sentinel/deploy/`: one template per item, for Microsoft Sentinel Repositories.

Repositories deploys templates by their resource types: rules and automation rules as children of the workspace's
providers, functions and hunting queries as saved searches, workbooks, workflows. It passes the parameter `workspace`.
Its configuration file sets the order and excludes playbooks and automation rules, which need parameters from their
user. Repositories does not deploy tables and the collection rule.
"""

from collections.abc import Iterator
from typing import Any

from tools.content.arm import LOCATION_PARAMETER, WORKSPACE_PARAMETER, as_file, deployment, parameter
from tools.content.arm_rules import alert_rule
from tools.content.arm_saved import function, hunt, line_variables
from tools.content.playbooks.automation import automation_templates
from tools.content.solution.inventory import ROOT, Inventory
from tools.content.solution.workbooks import workbook

FOLDER = f"{ROOT}deploy/"
CONFIGURATION = f"{FOLDER}sentinel-deployment.config"
_WORKSPACE = {"workspace": WORKSPACE_PARAMETER}
_RULE = {**_WORKSPACE, "enableRules": parameter("bool", "Whether the rule runs", defaultValue=False)}
_WORKBOOK = {**_WORKSPACE, "location": LOCATION_PARAMETER}


def repository_files(solution: Inventory) -> dict[str, str]:
    """The templates, and the configuration that deploys functions before their callers."""
    templates = dict(_templates(solution))
    configuration = {
        "prioritizedcontentfiles": [path for path in templates if path.startswith(("Parsers/", "Watchlists/"))],
        "excludecontentfiles": [path for path in templates if path.startswith(("Playbooks/", "AutomationRules/"))],
        "parameterfilemappings": {},
    }
    return {
        CONFIGURATION: as_file(configuration),
        **{FOLDER + path: as_file(template) for path, template in templates.items()},
    }


def _templates(solution: Inventory) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path in the folder, and template."""
    for saved in solution.functions:
        yield f"Parsers/{saved.name}.json", deployment(_WORKSPACE, [function(saved, [])], **line_variables([saved]))
    for item in solution.watchlists:
        lists = [as_child(resource) for resource in item.document["resources"]]
        yield f"Watchlists/{item.name}.json", deployment(_WORKSPACE, lists)
    for item in solution.rules:
        rule = as_child(alert_rule(item.document, solution.queries, []))
        yield f"AnalyticsRules/{item.name}.json", deployment(_RULE, [rule])
    for item in solution.hunts:
        yield f"HuntingQueries/{item.name}.json", deployment(_WORKSPACE, [hunt(item.document, [])])
    for item in solution.workbooks:
        yield f"Workbooks/{item.name}.json", deployment(_WORKBOOK, [workbook(item)])
    for item in solution.playbooks:
        yield f"Playbooks/{item.name}.json", item.document
    for name, template in automation_templates().items():
        yield f"AutomationRules/{name}.json", template


def as_child(resource: dict[str, Any]) -> dict[str, Any]:
    """A workspace extension in the older form that Repositories expects."""
    kind = resource["type"].split("/")[-1]
    left = {key: value for key, value in resource.items() if key not in ("scope", "condition", "dependsOn")}
    return {
        **left,
        "type": f"Microsoft.OperationalInsights/workspaces/providers/{kind}",
        "name": f"[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{resource['name']}')]",
    }
