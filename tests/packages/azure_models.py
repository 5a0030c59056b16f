"""Checks a resource against the models of Microsoft's management packages: unknown properties, enums, kinds, types.

The packages (azure-mgmt-…) are generated from the specifications of Azure's interfaces, in two styles: models with
`_attribute_map`, and models of annotated fields. Both are read into one form here. What a template leaves to an
expression is not known and passes.
"""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple

from azure.mgmt.loganalytics import models as loganalytics
from azure.mgmt.logic import models as logic
from azure.mgmt.monitor import models as monitor
from azure.mgmt.securityinsight import models as securityinsight

_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?")
_ENVELOPE = {"type", "apiVersion", "name", "location", "dependsOn", "scope", "condition", "metadata"}
"""Keys of a resource that are Resource Manager's, and only with some interfaces the model's too."""
_SENTINEL = "Microsoft.SecurityInsights"
_PROVIDERS = "Microsoft.OperationalInsights/workspaces/providers"
_LOGS = "Microsoft.OperationalInsights"
MODELS: dict[str, type] = {
    **{f"{owner}/alertRules": securityinsight.AlertRule for owner in (_SENTINEL, _PROVIDERS)},
    **{f"{owner}/watchlists": securityinsight.Watchlist for owner in (_SENTINEL, _PROVIDERS)},
    f"{_SENTINEL}/AlertRuleTemplates": securityinsight.AlertRuleTemplate,
    f"{_SENTINEL}/dataConnectorDefinitions": securityinsight.DataConnectorDefinition,
    f"{_PROVIDERS}/dataConnectorDefinitions": securityinsight.DataConnectorDefinition,
    f"{_PROVIDERS}/automationRules": securityinsight.AutomationRule,
    f"{_PROVIDERS}/contentPackages": securityinsight.PackageModel,
    f"{_PROVIDERS}/contentTemplates": securityinsight.TemplateModel,
    f"{_PROVIDERS}/metadata": securityinsight.MetadataModel,
    f"{_LOGS}/workspaces/tables": loganalytics.Table,
    f"{_LOGS}/workspaces/savedSearches": loganalytics.SavedSearch,
    f"{_LOGS}/savedSearches": loganalytics.SavedSearch,
    "Microsoft.Insights/dataCollectionRules": monitor.DataCollectionRuleResource,
    "Microsoft.Logic/workflows": logic.Workflow,
}
UNCHECKED = {
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.Insights/workbooks",
    "Microsoft.Web/connections",
    f"{_SENTINEL}/dataConnectors",
    f"{_PROVIDERS}/dataConnectors",
}
"""Types without a model here: connectors of kind Push are in none of the packages yet."""


class Field(NamedTuple):
    """A property: what it may hold, and whether it must be there."""

    holds: "Shape"
    required: bool


Shape = Callable[[Any, str], Iterator[str]]
"""Yields the errors of a value, with their path."""


def wrong(resource: dict[str, Any]) -> list[str]:
    """What the model of a resource's type has against it. Raises `KeyError` for a type that is in neither table."""
    if resource["type"] in UNCHECKED:
        return []
    model = MODELS[resource["type"]]
    properties = {key: value for key, value in resource.items() if key not in _ENVELOPE or key in _fields(model)}
    return list(_model(model)(properties, resource["type"].split("/")[-1]))


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")


def _anything(_: Any, __: str) -> Iterator[str]:
    yield from ()


def _scalar(name: str, fits: Callable[[Any], bool]) -> Shape:
    def check(value: Any, at: str) -> Iterator[str]:
        if not _is_expression(value) and not fits(value):
            yield f"{at}: {value!r} is no {name}"

    return check


_SCALARS: dict[str, Shape] = {
    "str": _scalar("text", lambda value: isinstance(value, str)),
    "int": _scalar("integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "bool": _scalar("boolean", lambda value: isinstance(value, bool)),
    "timedelta": _scalar("duration", lambda value: isinstance(value, str) and bool(_DURATION.fullmatch(value))),
}


def _one_of(values: list[str]) -> Shape:
    def check(value: Any, at: str) -> Iterator[str]:
        if not _is_expression(value) and value not in values:
            yield f"{at}: {value!r} is none of {', '.join(values)}"

    return check


def _list_of(holds: Shape) -> Shape:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
        else:
            for number, item in enumerate(value):
                yield from holds(item, f"{at}[{number}]")

    return check


def _map_of(holds: Shape) -> Shape:
    def check(value: Any, at: str) -> Iterator[str]:
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from holds(item, f"{at}.{key}")

    return check


def _object(fields: dict[str, Field]) -> Shape:
    def check(value: Any, at: str) -> Iterator[str]:
        if _is_expression(value):
            return
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no object"
            return
        for key, item in value.items():
            if key not in fields:
                yield f"{at}.{key}: unknown property"
            else:
                yield from fields[key].holds(item, f"{at}.{key}")
        yield from (f"{at}.{key}: missing" for key, field in fields.items() if field.required and key not in value)

    return check


@cache
def _model(model: type) -> Shape:
    """The shape of a model; of a polymorphic one, that of the kind which the value names."""

    def check(value: Any, at: str) -> Iterator[str]:
        fields = _fields(model)
        kinds = model.__dict__.get("__mapping__", {})
        if not kinds or not isinstance(value, dict):
            yield from _object(fields)(value, at)
            return
        by = next(key for key in ("kind", "actionType", "conditionType") if key in fields)
        if value.get(by) not in kinds:
            yield f"{at}.{by}: {value.get(by)!r} is none of {', '.join(map(str, kinds))}"
        else:
            yield from _model(kinds[value[by]])(value, at)

    return check


@cache
def _fields(model: type) -> dict[str, Field]:
    return _mapped(model) if hasattr(model, "_attribute_map") else _annotated(model)


def _annotated(model: type) -> dict[str, Field]:
    """Fields of the newer style, those of the classes above included."""
    fields: dict[str, Field] = {}
    for owner in reversed(model.__mro__):
        for name, annotation in inspect.get_annotations(owner).items():
            field: Any = owner.__dict__.get(name)
            if type(field).__name__ == "_RestField":
                key = field._rest_name_input or name
                writable = field._visibility != ["read"]
                fields[key] = Field(_typed(annotation, model), writable and NoneType not in typing.get_args(annotation))
    return fields


def _typed(annotation: Any, model: type) -> Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        chosen = [argument for argument in arguments if argument is not NoneType]
        return _typed(chosen[-1], model)
    if origin is typing.Literal:
        return _one_of([getattr(argument, "value", argument) for argument in arguments])
    if origin is list:
        return _list_of(_typed(arguments[0], model))
    if origin is dict:
        return _map_of(_typed(arguments[1], model))
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return _named(annotation.removeprefix("_models."), model)
    return _SCALARS.get(getattr(annotation, "__name__", ""), _anything)


def _named(name: str, model: type) -> Shape:
    """The enum or model of this name in the package of a model."""
    found = getattr(inspect.getmodule(model), name, None) or getattr(_package(model), name, None)
    if found is None:
        return _SCALARS.get(name, _anything)
    return _one_of([member.value for member in found]) if issubclass(found, Enum) else _later(found)


def _later(model: type) -> Shape:
    """Models name each other, so each is looked at when a value needs it."""
    return lambda value, at: _model(model)(value, at)


def _package(model: type) -> Any:
    packages = (securityinsight, loganalytics, logic, monitor)
    return next(package for package in packages if model.__module__.startswith(package.__name__))


def _mapped(model: type) -> dict[str, Field]:
    """Fields of the older style; keys such as `properties.state` are nested objects."""
    signature = inspect.signature(model).parameters
    tree: dict[str, Any] = {}
    for name, mapping in model._attribute_map.items():  # type: ignore[attr-defined]
        *outer, last = mapping["key"].split(".")
        place = tree
        for part in outer:
            place = place.setdefault(part, {})
        annotation = str(signature[name].annotation) if name in signature else ""
        rules = model._validation.get(name, {})  # type: ignore[attr-defined]
        place[last] = Field(_shape(mapping["type"], annotation, model), bool(rules.get("required")))
    return _nested(tree)


def _nested(tree: dict[str, Any]) -> dict[str, Field]:
    return {
        key: field if isinstance(field, Field) else Field(_object(_nested(field)), False) for key, field in tree.items()
    }


def _shape(kind: str, annotation: str, model: type) -> Shape:
    if kind.startswith("["):
        return _list_of(_shape(kind[1:-1], "", model))
    if kind.startswith("{"):
        return _map_of(_shape(kind[1:-1], "", model))
    enum = re.search(r"Union\[str, ForwardRef\('(?:_models\.)?(\w+)'", annotation)
    return _named(enum[1], model) if kind == "str" and enum else _named(kind, model)
