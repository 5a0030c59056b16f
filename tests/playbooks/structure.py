"""What is wrong with a playbook before it runs: what Logic Apps would refuse, and what we do not allow ourselves.

Sources: Azure Logic Apps, workflow definition language and secured inputs and outputs; the Azure-Sentinel repository's
checks of playbooks (metadata, PlaybookName, connections by variable).
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.playbooks.world import workflow

STATUSES = {"Succeeded", "Failed", "Skipped", "TimedOut"}
_REFERENCE = re.compile(r"(body|outputs|items|parameters)\('([^']*)'\)")
_CREDENTIAL_KEYS = {"password", "x-api-key", "authorization", "api-key", "token", "secret", "value"}
_SECRET = re.compile(r"sk-ant-\w+-\w{8,}|(?i:bearer|basic) [\w+/=.-]{12,}|\b[A-Za-z0-9+_~-]{40,}\b")
_WRITES = {"post", "put", "patch", "delete"}
Action = dict[str, Any]


def findings(template: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a playbook's template."""
    properties = workflow(template)
    return [
        *_metadata(template),
        *_order(properties["definition"]["actions"]),
        *_twice(properties["definition"]),
        *_references(properties),
        *_connections(template, properties),
        *_secrets(template, properties["definition"]),
        *_writes(properties["definition"]),
    ]


def actions(scope: dict[str, Action]) -> Iterator[tuple[str, Action]]:
    """Every action, also of branches, loops and scopes."""
    for name, action in scope.items():
        yield name, action
        yield from actions(action.get("actions", {}))
        yield from actions(action.get("else", {}).get("actions", {}))


def _metadata(template: dict[str, Any]) -> Iterator[str]:
    about = template["metadata"]
    needed = {
        "title": about.get("title"),
        "description": about.get("description"),
        "support.tier": about.get("support", {}).get("tier"),
        "author.name": about.get("author", {}).get("name"),
        "prerequisites": about.get("prerequisites"),
        "postDeployment": about.get("postDeployment"),
    }
    yield from (f"metadata.{key} is missing" for key, value in needed.items() if not value)
    try:
        datetime.fromisoformat(about.get("lastUpdateTime", ""))
    except ValueError:
        yield "metadata.lastUpdateTime is no time"
    if "PlaybookName" not in template["parameters"]:
        yield "no parameter PlaybookName"


def _order(scope: dict[str, Action]) -> Iterator[str]:
    """An action waits for actions beside it, and for a status that there is."""
    for name, action in scope.items():
        for earlier, wanted in action["runAfter"].items():
            if earlier not in scope:
                yield f"{name} runs after {earlier!r}, which is not beside it"
            if not wanted or set(wanted) - STATUSES:
                yield f"{name} runs after {earlier!r} with {wanted}"
        yield from _order(action.get("actions", {}))
        yield from _order(action.get("else", {}).get("actions", {}))


def _twice(definition: dict[str, Any]) -> Iterator[str]:
    names = [name for name, _ in actions(definition["actions"])]
    yield from (f"two actions are called {name}" for name in {name for name in names if names.count(name) > 1})
    yield from (f"{name!r} is no name of an action" for name in names if not re.fullmatch(r"\w{1,80}", name))
    for trigger in definition["triggers"].values():
        if trigger.get("runtimeConfiguration", {}).get("concurrency", {}).get("runs") != 1:
            yield "two runs at once would both find nothing"


def _references(properties: dict[str, Any]) -> Iterator[str]:
    definition = properties["definition"]
    known = dict(actions(definition["actions"]))
    for kind, name in set(_REFERENCE.findall(json.dumps(definition["actions"]))):
        if kind == "parameters" and name not in definition["parameters"]:
            yield f"parameter {name} is not declared"
        elif kind == "items" and known.get(name, {}).get("type") != "Foreach":
            yield f"items('{name}'): no such loop"
        elif kind in ("body", "outputs") and name not in known:
            yield f"{kind}('{name}'): no such action"
    if different := definition["parameters"].keys() ^ properties["parameters"].keys():
        yield f"parameters declared or given, not both: {sorted(different)}"
    used = set(re.findall(r"parameters\('([^']*)'\)", json.dumps(definition)))
    yield from (f"parameter {name} is not used" for name in definition["parameters"].keys() - used)


def _connections(template: dict[str, Any], properties: dict[str, Any]) -> Iterator[str]:
    given = properties["parameters"]["$connections"]["value"]
    used = set(re.findall(r"\$connections'\)\['([\w-]+)'\]", json.dumps(properties["definition"])))
    yield from (f"connection {name} is used and not given" for name in used - given.keys())
    yield from (f"connection {name} is given and not used" for name in given.keys() - used)
    made = [part for part in template["resources"] if part["type"] == "Microsoft.Web/connections"]
    for part in made:
        variable = re.fullmatch(r"\[variables\('(\w+)'\)\]", part["name"])
        if variable is None or variable[1] not in template["variables"]:
            yield f"connection {part['name']} is not named by a variable"
    names = {connection["connectionName"] for connection in given.values()}
    yield from (f"connection {name} is not made" for name in names - {part["name"] for part in made})
    if given["azuresentinel"].get("connectionProperties", {}).get("authentication") != {
        "type": "ManagedServiceIdentity"
    }:
        yield "Sentinel's connection does not use the playbook's identity"
    (found,) = (part for part in template["resources"] if part["type"] == "Microsoft.Logic/workflows")
    if found.get("identity") != {"type": "SystemAssigned"}:
        yield "the playbook has no identity of its own"


def _secrets(template: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    for name, action in actions(definition["actions"]):
        inputs = action.get("inputs")
        text = json.dumps(inputs)
        secured = action.get("runtimeConfiguration", {}).get("secureData", {}).get("properties", [])
        if ("body('Secret')" in text or "VaultUri" in text) and set(secured) != {"inputs", "outputs"}:
            yield f"{name} shows a secret in the run's history"
        for key, value in _pairs(inputs):
            if key.lower() in _CREDENTIAL_KEYS and isinstance(value, str) and not value.startswith("@"):
                yield f"{name}.{key} is written out"
    given = [part.get("defaultValue") for part in template["parameters"].values()]
    texts = [*_texts(definition["actions"]), *(value for value in given if isinstance(value, str))]
    yield from (f"looks like a secret: {text[:30]}…" for text in texts if _SECRET.search(_without_expressions(text)))
    if "Secret" not in dict(actions(definition["actions"])) and '"x-api-key"' in json.dumps(definition):
        yield "a key that comes from nowhere"


def _without_expressions(text: str) -> str:
    return "" if text.startswith("@") and not text.startswith("@{") else re.sub(r"@\{[^}]*\}|https://\S+", "", text)


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from _pairs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _writes(definition: dict[str, Any]) -> Iterator[str]:
    for name, action in actions(definition["actions"]):
        if action["type"] in ("Http", "ApiConnection"):
            inputs = action["inputs"]
            if inputs["method"].lower() in _WRITES and inputs.get("retryPolicy") != {"type": "none"}:
                yield f"{name} would be sent again when only its answer was lost"
