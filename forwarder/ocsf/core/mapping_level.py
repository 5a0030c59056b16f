"""How much of a record the catalogue knew: what is left of it goes to `unmapped`, and says so on the way."""

from collections.abc import Mapping
from typing import Any

from forwarder.ocsf.core.cleaning import clean
from forwarder.ocsf.feed.plan import Plan


def keep(rest: dict[str, Any], plan: Plan) -> tuple[dict[str, Any], bool]:
    """What found no attribute, cleaned, and whether the catalogue expects each of these fields there."""
    kept: dict[str, Any] = {}
    expected = True
    for name, value in rest.items():
        if value.__class__ is str:
            if not value:
                continue
        elif (value := clean(value)) is None:
            continue
        elif name in plan.mapped:
            expected = False
        kept[name] = value
        if name not in plan.known:
            expected = False
    return kept, expected


def documented(fields: Mapping[str, Any], plan: Plan) -> bool:
    """Whether nested objects hold only documented names, and documented sets only documented values."""
    return all(
        name in names
        for path, names in plan.inner
        for inner in _at(fields, path)
        if _is_object(inner)
        for name in inner
    ) and all(
        value in values
        for path, values in plan.enums
        for value in _at(fields, path)
        if value.__class__ in (str, bool, int) and value != ""
    )


def _at(fields: Mapping[str, Any], path: tuple[str, ...]) -> list[Any]:
    """Every value that stands at the path, through lists on the way."""
    level: list[Any] = [fields]
    for name in path:
        found = [inner.get(name) for inner in level if isinstance(inner, Mapping)]
        level = [item for value in found for item in (value if value.__class__ is list else [value])]
    return level


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)
