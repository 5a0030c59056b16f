"""Automation rules that run the playbooks: templates, disabled unless `enabled` is set.

They match incidents by the prefix of our rule names in the title, because rules created from templates of the content
hub have other ids. A response runs at creation, where it asks for approval, and at each new comment.
"""

import uuid
from typing import Any

from tools.content.arm import SECURITY_INSIGHTS_API, WORKSPACE_PARAMETER, deployment, parameter
from tools.content.playbooks.files import PLAYBOOKS, RESPONSES
from tools.content.playbooks.playbook import Playbook

TITLE_BEGINS = "Claude - "
_FIRST_ORDER = 100
_OURS = {
    "conditionType": "Property",
    "conditionProperties": {
        "propertyName": "IncidentTitle",
        "operator": "StartsWith",
        "propertyValues": [TITLE_BEGINS],
    },
}
_NEW_COMMENT = {
    "conditionType": "PropertyArrayChanged",
    "conditionProperties": {"arrayType": "Comments", "changeType": "Added"},
}


def automation_templates() -> dict[str, dict[str, Any]]:
    """A template a playbook, by the playbook's name."""
    return {
        playbook.name: _template(playbook, _FIRST_ORDER + number)
        for number, playbook in enumerate(sorted(PLAYBOOKS, key=lambda playbook: playbook.name))
    }


def _template(playbook: Playbook, order: int) -> dict[str, Any]:
    rules = [_rule(playbook, order, "Created", [_OURS])]
    if playbook in RESPONSES:
        rules.append(_rule(playbook, order, "Updated", [_OURS, _NEW_COMMENT]))
    parameters = {
        "workspace": WORKSPACE_PARAMETER,
        "PlaybookName": parameter("string", "Name of the playbook, in this resource group", defaultValue=playbook.name),
        "enabled": parameter("bool", "Whether the rule runs", defaultValue=False),
    }
    return deployment(parameters, rules)


def _rule(playbook: Playbook, order: int, when: str, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    id_ = uuid.uuid5(uuid.NAMESPACE_URL, f"claude-siem/automation/{playbook.name}/{when}")
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/automationRules",
        "apiVersion": SECURITY_INSIGHTS_API,
        "name": f"[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{id_}')]",
        "properties": {
            "displayName": f"{playbook.title} ({when.lower()})",
            "order": order,
            "triggeringLogic": {
                "isEnabled": "[parameters('enabled')]",
                "triggersOn": "Incidents",
                "triggersWhen": when,
                "conditions": conditions,
            },
            "actions": [
                {
                    "order": 1,
                    "actionType": "RunPlaybook",
                    "actionConfiguration": {
                        "logicAppResourceId": "[resourceId('Microsoft.Logic/workflows', parameters('PlaybookName'))]",
                        "tenantId": "[subscription().tenantId]",
                    },
                }
            ],
        },
    }
