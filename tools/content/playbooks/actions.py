"""Short builders for workflow actions (Azure Logic Apps: schema for trigger and action types)."""

from collections.abc import Mapping
from typing import Any

Action = dict[str, Any]
ANTHROPIC_VERSION = "2023-06-01"
NEVER_AGAIN = {"type": "none"}
"""Retry policy of requests that must not be repeated when only the response was lost."""


def in_order(actions: Mapping[str, Action]) -> dict[str, Action]:
    """Runs each action after the previous one succeeded, unless it defines `runAfter`."""
    ordered: dict[str, Action] = {}
    before: dict[str, list[str]] = {}
    for name, action in actions.items():
        ordered[name] = {"runAfter": before, **action}
        before = {name: ["Succeeded"]}
    return ordered


def compose(value: Any) -> Action:
    """A value under a name."""
    return {"type": "Compose", "inputs": value}


def select(of: str, each: str) -> Action:
    """Maps each item of a list."""
    return {"type": "Select", "inputs": {"from": of, "select": each}}


def keep(of: str, where: str) -> Action:
    """The items of a list for which the expression is true."""
    return {"type": "Query", "inputs": {"from": of, "where": where}}


def when(expression: str, then: Mapping[str, Action], otherwise: Mapping[str, Action] | None = None) -> Action:
    """A branch; `expression` is true or false."""
    return {
        "type": "If",
        "expression": {"and": [{"equals": [expression, True]}]},
        "actions": in_order(then),
        "else": {"actions": in_order(otherwise or {})},
    }


def for_each(of: str, actions: Mapping[str, Action]) -> Action:
    """The actions for each item, one after the other."""
    return {
        "type": "Foreach",
        "foreach": of,
        "actions": in_order(actions),
        "runtimeConfiguration": {"concurrency": {"repetitions": 1}},
    }


def scope(actions: Mapping[str, Action]) -> Action:
    """Actions that fail or succeed together."""
    return {"type": "Scope", "actions": in_order(actions)}


def http(method: str, uri: str, *, secret: bool = False, once: bool = False, **inputs: Any) -> Action:
    """A request. `secret`: hidden in the run history with its response; `once`: never retried."""
    action: Action = {"type": "Http", "inputs": {"method": method, "uri": uri, **inputs}}
    if once:
        action["inputs"]["retryPolicy"] = NEVER_AGAIN
    if secret:
        action["runtimeConfiguration"] = {"secureData": {"properties": ["inputs", "outputs"]}}
    return action


def identity(audience: str) -> dict[str, str]:
    """Authentication by the playbook's own identity."""
    return {"type": "ManagedServiceIdentity", "audience": audience}


def manager() -> dict[str, str]:
    """The same for Azure Resource Manager, which serves Sentinel's API."""
    return identity("@concat(parameters('ResourceManager'), '/')")


def secret_of_vault() -> Action:
    """The secret `SecretName` of the Key Vault (Key Vault REST interface: Get Secret)."""
    return http(
        "GET",
        "@{parameters('VaultUri')}/secrets/@{parameters('SecretName')}",
        secret=True,
        queries={"api-version": "7.4"},
        authentication=identity("@parameters('VaultAudience')"),
    )


def connector(name: str, method: str, path: str, body: dict[str, Any]) -> Action:
    """An operation of a managed connector; never retried automatically."""
    host = {"connection": {"name": f"@parameters('$connections')['{name}']['connectionId']"}}
    return {
        "type": "ApiConnection",
        "inputs": {"host": host, "method": method, "path": path, "body": body, "retryPolicy": NEVER_AGAIN},
    }


def comment(message: str) -> Action:
    """A comment on the incident."""
    body = {"incidentArmId": "@triggerBody()?['object']?['id']", "message": message}
    return connector("azuresentinel", "post", "/Incidents/Comment", body)


def tag(*tags: str) -> Action:
    """Tags on the incident."""
    body = {
        "incidentArmId": "@triggerBody()?['object']?['id']",
        "tagsToAdd": {"TagsToAdd": [{"Tag": text} for text in tags]},
    }
    return connector("azuresentinel", "put", "/Incidents", body)
