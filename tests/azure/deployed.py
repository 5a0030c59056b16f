"""The resources that Resource Manager deploys from a template, by id, with every expression evaluated.

Source: Azure Resource Manager, *Template functions*. An expression that ours do not use is refused.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tests.packages.arm_expressions import Call, is_expression, parsed

Resource = dict[str, Any]
_OWN = {"condition", "dependsOn", "scope", "apiVersion"}
"""Keys that are the template's, not the resource's."""


class Deployment:
    """One template in one resource group."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, Any], group: str, location: str) -> None:
        """`parameters` by name, values only. `group` is the resource group's id."""
        self.template, self.group, self.location = template, group, location
        self._parameters = dict(parameters)
        self._functions: dict[str, Callable[..., Any]] = {
            "and": lambda *given: all(given),
            "concat": lambda *given: "".join(map(str, given)),
            "equals": lambda one, other: one == other,
            "extensionResourceId": lambda on, kind, *names: f"{on}/providers/{_path(kind, names)}",
            "guid": lambda *given: str(uuid.uuid5(uuid.NAMESPACE_URL, "-".join(given))),
            "if": lambda when, one, other: one if when else other,
            "join": lambda parts, between: between.join(parts),
            "json": json.loads,
            "parameters": self._parameter,
            "variables": lambda name: self._value(template["variables"][name]),
            "resourceGroup": lambda: {"location": location, "id": group},
            "resourceId": lambda kind, *names: f"{group}/providers/{_path(kind, names)}",
            "subscriptionResourceId": lambda kind, *names: (
                f"{group.partition('/resourceGroups/')[0]}/providers/{_path(kind, names)}"
            ),
        }

    def resources(self) -> dict[str, Resource]:
        """The deployed resources, by id in the case that Azure shows."""
        wanted = [one for one in self.template["resources"] if self._value(one.get("condition", True))]
        return {resource["id"]: resource for resource in map(self._resource, wanted)}

    def _resource(self, declared: Mapping[str, Any]) -> Resource:
        name = self._value(declared["name"])
        base = self._value(declared.get("scope", self.group))
        content = {key: self._value(value) for key, value in declared.items() if key not in _OWN}
        identity = f"{base}/providers/{_path(declared['type'], name.split('/'))}"
        return {**content, "id": identity, "name": name.rpartition("/")[2]}

    def _parameter(self, name: str) -> Any:
        parameter = self.template["parameters"][name]
        return self._parameters[name] if name in self._parameters else self._value(parameter["defaultValue"])

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        if is_expression(value):
            return self._called(parsed(value))
        return value[1:] if isinstance(value, str) and value.startswith("[[") else value

    def _called(self, call: Call) -> Any:
        given = [self._called(one) if isinstance(one, Call) else one for one in call.arguments]
        value = self._functions[call.function](*given)
        for step in call.path:
            value = value[step]
        return value


def _path(kind: str, names: Any) -> str:
    """`Microsoft.A/bs/cs`, (`x`, `y`): `Microsoft.A/bs/x/cs/y`."""
    provider, *types = kind.split("/")
    return "/".join([provider, *(part for pair in zip(types, names, strict=True) for part in pair)])
