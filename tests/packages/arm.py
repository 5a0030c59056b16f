"""Errors of a deployment template, by Resource Manager's documentation; nothing is deployed."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.packages.arm_expressions import Call, Malformed, expressions, is_expression, named, parsed

Template = dict[str, Any]
SENTINEL = Path(__file__).parent.parent.parent / "sentinel"
TEMPLATE: Template = json.loads((SENTINEL / "azuredeploy.json").read_text())
LARGEST_BYTES, MOST_PARAMETERS, MOST_VARIABLES, MOST_RESOURCES = 4 * 1024 * 1024, 256, 256, 800
"""Limits of a template (Azure Resource Manager: limits)."""
_TYPE_AT = {"resourceId": 0, "subscriptionResourceId": 0, "extensionResourceId": 1}
"""Functions that make a resource's id, and which argument is its type; the name is the last."""
WORKSPACE = ("Microsoft.OperationalInsights/workspaces", "(workspace)")
"""What every template is deployed into."""
_PROVIDERS = "Microsoft.OperationalInsights/workspaces/providers/"
_NEEDED = ("type", "apiVersion", "name")
_GIVEN = {f"parameters: {name} is not used" for name in ("connectorDefinitionName", "workspace")}
"""What the connector's button gives to the template of a connection, used or not (connectors of kind Push)."""


def of_type(kind: str, template: Template = TEMPLATE) -> list[dict[str, Any]]:
    """The resources whose type ends so."""
    return [resource for resource in template["resources"] if resource["type"].endswith(f"/{kind}")]


def identity(resource: dict[str, Any]) -> tuple[str, str]:
    """Type and last part of the name: what makes a resource unique in a template, and what others refer to."""
    name, kind = resource["name"], resource["type"]
    last = _last(parsed(name)) if is_expression(name) else name
    return kind.replace(_PROVIDERS, "Microsoft.SecurityInsights/"), last.split("/")[-1]


def references(text: str) -> list[tuple[str, str]]:
    """Type and name of every resource that an expression refers to, not counting what that one is in."""
    return list(_references(parsed(text)))


def _references(call: Call) -> Iterator[tuple[str, str]]:
    if call.function in _TYPE_AT:
        yield str(call.arguments[_TYPE_AT[call.function]]), _last(call)
        return
    for argument in call.arguments:
        if isinstance(argument, Call):
            yield from _references(argument)


def _last(call: Call) -> str:
    """The last argument; a parameter or variable by its name in round brackets."""
    argument = call.arguments[-1]
    if not isinstance(argument, Call):
        return f"({argument})" if call.function in ("parameters", "variables") else str(argument)
    return _last(argument)


def findings(template: Template) -> list[str]:
    """Everything that is wrong with the template and with the templates in it."""
    if malformed := list(_malformed(template)):
        return malformed
    return [
        *_names(template, "parameters"),
        *_names(template, "variables"),
        *_resources(template),
        *_limits(template),
        *(f"in {part['name']}: {finding}" for part in template["resources"] for finding in _inner(part)),
    ]


def _malformed(template: Template) -> Iterator[str]:
    for text in set(expressions(template)):
        try:
            parsed(text)
        except Malformed as error:
            yield f"malformed: {error}"


def _names(template: Template, section: str) -> Iterator[str]:
    declared = set(template.get(section, {}))
    used = {name for text in set(expressions(template)) for name in named(text, section)}
    yield from (f"{section}: {name} is not declared" for name in sorted(used - declared))
    yield from (f"{section}: {name} is not used" for name in sorted(declared - used))


def _resources(template: Template) -> Iterator[str]:
    resources = template["resources"]
    if missing := [f"{key} is missing: {part}" for part in resources for key in _NEEDED if key not in part]:
        yield from missing
        return
    known = Counter(identity(resource) for resource in resources)
    yield from (f"twice: {identity_}" for identity_, times in known.items() if times > 1)
    for resource in resources:
        for text in [*resource.get("dependsOn", []), *([resource["scope"]] if "scope" in resource else [])]:
            yield from (f"{text}: not in the template" for one in references(text) if one not in {*known, WORKSPACE})
            if not references(text):
                yield f"{text}: refers to nothing"


def _limits(template: Template) -> Iterator[str]:
    sizes = {
        "bytes": (len(json.dumps(template)), LARGEST_BYTES),
        "parameters": (len(template.get("parameters", {})), MOST_PARAMETERS),
        "variables": (len(template.get("variables", {})), MOST_VARIABLES),
        "resources": (len(template["resources"]), MOST_RESOURCES),
    }
    yield from (f"{size} {name}, over {most}" for name, (size, most) in sizes.items() if size > most)


def _inner(resource: dict[str, Any]) -> list[str]:
    """A template in a content template: what the outer one evaluates is a value there, what it leaves an expression."""
    main_template = resource.get("properties", {}).get("mainTemplate")
    if not main_template:
        return []
    return [finding for finding in findings(_evaluated(main_template)) if finding not in _GIVEN]


def _evaluated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _evaluated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item) for item in value]
    if is_expression(value):
        return _last(parsed(value))
    return value[1:] if isinstance(value, str) and value.startswith("[[") else value
