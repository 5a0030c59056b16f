"""`sentinel/azuredeploy.json`: everything that Sentinel needs in one deployment, except the playbooks.

Playbooks have their own templates, because each needs a secret, a role or an approver from its user.
"""

from typing import Any

from tools.content.arm import LOCATION_PARAMETER, WORKSPACE, WORKSPACE_PARAMETER, as_file, deployment, parameter
from tools.content.arm_collection import API, RULE_ID, collection
from tools.content.arm_rules import alert_rule
from tools.content.arm_saved import function, hunt, line_variables, saved_search_id
from tools.content.arm_tables import table_ids, table_parameters, tables
from tools.content.solution.inventory import Inventory
from tools.content.solution.workbooks import workbook

PATH = "sentinel/azuredeploy.json"
PARAMETERS = {
    "workspace": WORKSPACE_PARAMETER,
    "location": LOCATION_PARAMETER,
    "principalId": parameter("string", "Object id of the forwarder's service principal or managed identity"),
    **table_parameters(),
    "enableRules": parameter("bool", "Whether the rules run after the deployment", defaultValue=False),
}


def template_file(solution: Inventory) -> dict[str, str]:
    """The template under its path."""
    return {PATH: as_file(template(solution))}


def template(solution: Inventory) -> dict[str, Any]:
    """The deployment, in dependency order."""
    lists = [resource for item in solution.watchlists for resource in item.document["resources"]]
    functions = [saved_search_id(saved.name) for saved in solution.functions]
    needed = functions + [_watchlist_id(resource["name"]) for resource in lists]
    resources = [
        *tables(),
        *collection(),
        *(function(saved, table_ids()) for saved in solution.functions),
        *lists,
        *(alert_rule(item.document, solution.queries, needed) for item in solution.rules),
        *(hunt(item.document, functions) for item in solution.hunts),
        *map(workbook, solution.workbooks),
    ]
    return deployment(PARAMETERS, resources, **line_variables(solution.functions), outputs=_outputs())


def _watchlist_id(alias: str) -> str:
    return f"[extensionResourceId({WORKSPACE[1:-1]}, 'Microsoft.SecurityInsights/watchlists', '{alias}')]"


def _outputs() -> dict[str, Any]:
    """The two settings of the forwarder that only Azure knows."""
    return {
        "endpoint": {"type": "string", "value": f"[reference({RULE_ID}, '{API}').endpoints.logsIngestion]"},
        "ruleId": {"type": "string", "value": f"[reference({RULE_ID}, '{API}').immutableId]"},
    }
