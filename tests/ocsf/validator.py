"""A strict OCSF 1.8.0 validator, on the compiled schema that the package `ocsf-json-schema` carries.

Beyond JSON Schema it knows: type_uid arithmetic, captions, profiles, milliseconds, observables that point
somewhere, constraints, and that nothing is null or empty. It never raises, whatever values the event holds.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ocsf_json_schema import get_ocsf_schema  # type: ignore[import-untyped]

VERSION = "1.8.0"
OTHER = "99"
EARLIEST_MS, LATEST_MS = 978_307_200_000, 4_102_444_800_000  # 2001 to 2100: seconds or microseconds fall outside
INTEGERS = {"integer_t", "long_t", "timestamp_t", "port_t"}
ANYTHING = {"json_t"}


@cache
def schema() -> dict[str, Any]:
    """The compiled schema as packaged."""
    loaded: dict[str, Any] = get_ocsf_schema(VERSION)
    return loaded


@cache
def classes() -> dict[int, dict[str, Any]]:
    return {entry["uid"]: entry for entry in schema()["classes"].values()}


@cache
def types() -> dict[str, dict[str, Any]]:
    """The scalar types by name."""
    named: dict[str, dict[str, Any]] = schema()["dictionary"]["types"]["attributes"]
    return named


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """The forms of types. Their `$` is the end of the text, which in Python a line break may follow."""
    forms = {name: entry["regex"] for name, entry in types().items() if entry.get("regex")}
    return {name: re.compile(re.sub(r"\$(?=[)|]|$)", r"\\Z", form)) for name, form in forms.items()}


def faults(event: Mapping[str, Any]) -> list[str]:
    """Every fault of the event, one line each; empty if it is valid."""
    class_uid = event.get("class_uid")
    known = classes().get(class_uid) if type(class_uid) is int else None
    if known is None:
        return [f"class_uid: no class {class_uid!r}"]
    profiles = _profiles(event)
    return [
        *_object(event, known, profiles, ""),
        *_classification(event, known),
        *_metadata(event, known, profiles),
        *_observables(event),
        *_empty(event, ""),
    ]


def _profiles(event: Mapping[str, Any]) -> frozenset[str]:
    metadata = event.get("metadata")
    listed = metadata.get("profiles") if isinstance(metadata, dict) else None
    return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else frozenset()


def _object(value: Mapping[str, Any], shape: Mapping[str, Any], profiles: frozenset[str], at: str) -> Iterator[str]:
    attributes = shape["attributes"]
    for name, item in value.items():
        if name not in attributes or not _of_profile(attributes[name], profiles):
            yield f"{at}{name}: unknown attribute"
        else:
            yield from _attribute(item, attributes[name], profiles, f"{at}{name}")
            yield from _caption(value, name, attributes[name], at)
    for name, attribute in attributes.items():
        if attribute["requirement"] == "required" and name not in value and _of_profile(attribute, profiles):
            yield f"{at}{name}: required"
    yield from _constraints(value, shape.get("constraints") or {}, at)


def _of_profile(attribute: Mapping[str, Any], profiles: frozenset[str]) -> bool:
    return not attribute.get("profiles") or bool(profiles & set(attribute["profiles"]))


def _attribute(value: Any, attribute: Mapping[str, Any], profiles: frozenset[str], at: str) -> Iterator[str]:
    if attribute.get("@deprecated"):
        yield f"{at}: deprecated"
    if not attribute.get("is_array"):
        yield from _single(value, attribute, profiles, at)
    elif not isinstance(value, list):
        yield f"{at}: not an array"
    elif not value and attribute["requirement"] != "required":
        yield f"{at}: an empty array that nothing demands"
    else:
        for position, item in enumerate(value):
            yield from _single(item, attribute, profiles, f"{at}[{position}]")


def _single(value: Any, attribute: Mapping[str, Any], profiles: frozenset[str], at: str) -> Iterator[str]:
    kind = attribute["type"]
    if kind == "object_t":
        if not isinstance(value, dict) or not value:
            yield f"{at}: not an object with something in it"
        elif attribute["object_type"] != "object":
            yield from _object(value, schema()["objects"][attribute["object_type"]], profiles, f"{at}.")
    elif kind not in ANYTHING:
        yield from _scalar(value, kind, attribute.get("enum"), at)


def _scalar(value: Any, kind: str, enum: Mapping[str, Any] | None, at: str) -> Iterator[str]:
    if not _is_of(value, kind):
        yield f"{at}: {kind} expected"
        return
    if kind == "timestamp_t" and not EARLIEST_MS <= value < LATEST_MS:
        yield f"{at}: {value} is no time in milliseconds"
    if not _is_formed(value, kind):
        yield f"{at}: not of the form of {kind}"
    lowest, highest = types()[kind].get("range", (value, value))
    if not lowest <= value <= highest:
        yield f"{at}: {value} is not from {lowest} to {highest}"
    if enum and str(value) not in enum:
        yield f"{at}: {value!r} is none of its values"


def _is_of(value: Any, kind: str) -> bool:
    wanted = {"boolean_t": bool, "float_t": float}.get(kind, int if kind in INTEGERS else str)
    return type(value) is wanted


def _is_formed(value: Any, kind: str) -> bool:
    """Whether the text has the form of its type. The pattern of `ip_t` takes any character for a dot."""
    return kind not in patterns() or bool(patterns()[kind].search(value) and (kind != "ip_t" or _is_address(value)))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _caption(value: Mapping[str, Any], name: str, attribute: Mapping[str, Any], at: str) -> Iterator[str]:
    sibling = attribute.get("sibling", "")
    captions = attribute.get("enum", {})
    number = str(value[name])
    if sibling == "type_name" or sibling not in value or number not in captions:
        return
    if number != OTHER and value[sibling] != captions[number]["caption"]:
        yield f"{at}{sibling}: {captions[number]['caption']!r} expected"
    taken = [entry["caption"] for other, entry in captions.items() if other != OTHER]
    if number == OTHER and value[sibling] in taken:
        yield f"{at}{sibling}: {value[sibling]!r} has a number of its own"


def _constraints(value: Mapping[str, Any], constraints: Mapping[str, Any], at: str) -> Iterator[str]:
    if (names := constraints.get("at_least_one")) and not any(name in value for name in names):
        yield f"{at or 'event'}: at least one of {names}"
    if (names := constraints.get("just_one")) and sum(name in value for name in names) != 1:
        yield f"{at or 'event'}: just one of {names}"


def _classification(event: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    activity = event.get("activity_id")
    if not isinstance(activity, int) or event.get("type_uid") != known["uid"] * 100 + activity:
        yield "type_uid: not class_uid * 100 + activity_id"
    expected = {
        "class_name": known["caption"],
        "category_uid": known["category_uid"],
        "category_name": known.get("category_name"),  # the Base Event has none
        "type_name": f"{known['caption']}: {event.get('activity_name')}",
    }
    yield from (f"{name}: {wanted!r} expected" for name, wanted in expected.items() if event.get(name) != wanted)


def _metadata(event: Mapping[str, Any], known: Mapping[str, Any], profiles: frozenset[str]) -> Iterator[str]:
    metadata = event.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("version") != VERSION:
        yield f"metadata.version: {VERSION} expected"
    if unknown := profiles - set(known["profiles"]):
        yield f"metadata.profiles: {sorted(unknown)} not of this class"


def _observables(event: Mapping[str, Any]) -> Iterator[str]:
    listed = event.get("observables")
    for entry in listed if isinstance(listed, list) else []:
        name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, dict) else (None, None)
        if value is None or value not in _named(event, str(name)):
            yield f"observables: {name} does not hold {value!r}"


def _named(event: Mapping[str, Any], name: str) -> list[Any]:
    """What `a.b` names, or `a[].b` in every item, or `a[0].b` in one; an observable names no observable."""
    values: list[Any] = [{**event, "observables": None}]
    for step in name.split("."):
        attribute, bracket, position = step.partition("[")
        reached = [value.get(attribute) for value in values if isinstance(value, dict)]
        items = [item for value in reached if isinstance(value, list) for item in value]
        values = _picked(items, position) if bracket else [*items, *(v for v in reached if not isinstance(v, list))]
    return values


def _picked(items: list[Any], position: str) -> list[Any]:
    """All items for `]`, the third for `2]`, none for anything else."""
    return [item for number, item in enumerate(items) if position in {"]", f"{number}]"}]


def _empty(value: Any, at: str) -> Iterator[str]:
    if value is None or value == "":
        yield f"{at}: null or empty"
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _empty(item, f"{at}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _empty(item, f"{at}[]")
