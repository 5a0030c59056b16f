"""Mutants: copies of a valid event, each with one fault, at every place where a fault of its family fits.

The places come from walking the event beside the compiled schema; the tables hold what is planted there.
No mutant shares anything with the event it is made of.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tests.ocsf.validator import classes, patterns, schema

Event = dict[str, Any]
Shape = Mapping[str, Any]
Path = tuple[str | int, ...]
Mutant = tuple[str, Event]

KINDS: dict[type, str] = {int: "number", float: "number", str: "text", bool: "boolean", dict: "object", list: "many"}
CONSTRAINTS = ("at_least_one", "just_one")
BAD_FORMS: dict[str, tuple[str, ...]] = {
    "ip_t": ("192.0.2.x", "192.0.2", "192.0.2.256", "192x0x2x34", "1920234", "192.0.2.34/24", "192.0.2.34:443", ":::1"),
    "email_t": (
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada b@example.com",
        "a@b@example.com",
        "a@example.com\n",
    ),
}
NO_VERSIONS = ("1.7.0", "1.8", "1.8.1", "v1.8.0", "1.8.0 ", "1.8.0-dev", "2.0.0")
NO_CLASSES = (-1, 99, 9999, 300_400)
NOWHERE = ("nowhere", "actor.nowhere", "metadata", "metadata.uid.x", "observables[].value", "metadata.loggers[9].uid")
PORTS = (-1, 65536)


class Holder(NamedTuple):
    """An object whose attributes the schema knows, and its path."""

    path: Path
    value: Event
    shape: Shape


class Spot(NamedTuple):
    """A present value and its schema: an attribute, or one item of an attribute that is an array."""

    path: Path
    value: Any
    attribute: Shape

    @property
    def kind(self) -> str:
        """The kind of JSON value that belongs here."""
        return "anything" if self.attribute["type"] == "json_t" else KINDS[type(self.value)]


def holders(event: Event) -> Iterator[Holder]:
    """The event and every object in it, at any depth, except free ones."""
    return _held(Holder((), event, classes()[event["class_uid"]]))


def _held(holder: Holder) -> Iterator[Holder]:
    yield holder
    for path, value, attribute in _spots(holder):
        if isinstance(value, dict) and attribute.get("object_type", "object") != "object":
            yield from _held(Holder(path, value, schema()["objects"][attribute["object_type"]]))


def spots(event: Event) -> Iterator[Spot]:
    """Every attribute present at any depth, and every item of arrays."""
    for holder in holders(event):
        yield from _spots(holder)


def _spots(holder: Holder) -> Iterator[Spot]:
    for name, value in holder.value.items():
        attribute = holder.shape["attributes"][name]
        yield Spot((*holder.path, name), value, attribute)
        if attribute.get("is_array"):
            yield from (Spot((*holder.path, name, position), item, attribute) for position, item in enumerate(value))


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value below this one, free objects included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        yield (*path, step)
        yield from _places(item, (*path, step))


def _put(event: Event, path: Path, *values: Any) -> Iterator[Mutant]:
    """A mutant for each value, with the value in this place."""
    for value in values:
        mutant = copy.deepcopy(event)
        _at(mutant, path[:-1])[path[-1]] = copy.deepcopy(value)
        yield f"{_dotted(path)} is {value!r}", mutant


def _drop(event: Event, path: Path, *names: str) -> Mutant:
    """A mutant whose object in this place lacks these attributes."""
    mutant = copy.deepcopy(event)
    for name in names:
        _at(mutant, path).pop(name, None)
    return f"{_dotted(path)} lacks {', '.join(names)}", mutant


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "the event"


def _time(change: Callable[[int], Any]) -> Callable[[Spot], Iterable[Any]]:
    return lambda spot: [change(spot.value)] if spot.attribute["type"] == "timestamp_t" else []


def _instead(kind: str, *values: Any) -> Callable[[Spot], Iterable[Any]]:
    """Values of this kind, wherever another kind belongs."""
    return lambda spot: values if spot.kind not in {kind, "anything"} else ()


def _quoted(spot: Spot) -> Iterable[Any]:
    return [str(spot.value)] if spot.kind in {"number", "boolean"} else []


def _fraction(spot: Spot) -> Iterable[Any]:
    return [float(spot.value), spot.value + 0.5] if spot.kind == "number" else []


def _one(spot: Spot) -> Iterable[Any]:
    return spot.value[:1] if spot.kind == "many" else []


def _many(spot: Spot) -> Iterable[Any]:
    return [[spot.value]] if spot.kind not in {"many", "anything"} else []


def _nothing(spot: Spot) -> Iterable[Any]:
    """An empty object or list. A required list may be empty, since it is required even if nothing is known."""
    demanded = spot.kind == "many" and spot.attribute["requirement"] == "required"
    return [type(spot.value)()] if spot.kind in {"many", "object"} and not demanded else []


def _outside(spot: Spot) -> Iterable[Any]:
    candidates: tuple[Any, ...] = (-1, 77) if spot.kind == "number" else ("BREW", "get")
    return [value for value in candidates if "enum" in spot.attribute and str(value) not in spot.attribute["enum"]]


def _malformed(spot: Spot) -> Iterable[Any]:
    kind = spot.attribute["type"]
    return BAD_FORMS.get(kind, ("of no form!",)) if kind in patterns() else ()


REPLACED: dict[str, Callable[[Spot], Iterable[Any]]] = {
    "seconds for milliseconds": _time(lambda value: value // 1000),
    "microseconds for milliseconds": _time(lambda value: value * 1000),
    "a fractional time": _time(lambda value: value / 1000),
    "text for something else": _instead("text", "one"),
    "a number or a boolean in quotes": _quoted,
    "a number for something else": _instead("number", 1, 1.5),
    "a fraction for a whole number": _fraction,
    "a boolean for something else": _instead("boolean", True, False),
    "an object for something else": _instead("object", {}, {"uid": "1"}),
    "one for many": _one,
    "many for one": _many,
    "nothing in an object or a list": _nothing,
    "a value that its enumeration lacks": _outside,
    "a bad form": _malformed,
}
"""Families that replace a value: the replacements, by the value replaced."""


def _replaced(family: str) -> Callable[[Event], Iterator[Mutant]]:
    def mutants(event: Event) -> Iterator[Mutant]:
        for spot in spots(event):
            yield from _put(event, spot.path, *REPLACED[family](spot))

    return mutants


def _siblings(event: Event) -> Iterator[tuple[Path, Path, dict[int, str]]]:
    """The path of each number, the path of its caption, and the captions of all its numbers."""
    for path, _, attribute in spots(event):
        caption = (*path[:-1], attribute.get("sibling") or "")
        if attribute.get("enum") and caption[-1] in _at(event, path[:-1]):
            yield path, caption, {int(number): entry["caption"] for number, entry in attribute["enum"].items()}


def _captions(event: Event) -> Iterator[Mutant]:
    for number, caption, captions in _siblings(event):
        right = captions[_at(event, number)]
        yield from _put(event, caption, *sorted({*captions.values()} - {right}))


def _numbers(event: Event) -> Iterator[Mutant]:
    for number, _, captions in _siblings(event):
        yield from _put(event, number, *sorted(captions.keys() - {_at(event, number)}))


def _names(event: Event) -> Iterator[Mutant]:
    every = list(classes().values())
    names = {
        "class_name": {entry["caption"] for entry in every},
        "category_name": {entry["caption"] for entry in schema()["categories"]["attributes"].values()},
        "type_name": {f"{entry['caption']}: {event['activity_name']}" for entry in every},
    }
    for name, wrong in names.items():
        yield from _put(event, (name,), *sorted(wrong - {event[name]}))


def _type_uids(event: Event) -> Iterator[Mutant]:
    right = event["type_uid"]
    return _put(event, ("type_uid",), right + 1, right - 1, right + 100, right * 100, event["class_uid"], right % 100)


def _other_classes(event: Event) -> Iterator[Mutant]:
    return _put(event, ("class_uid",), *(classes().keys() - {event["class_uid"]}))


def _unknown_attributes(event: Event) -> Iterator[Mutant]:
    for holder in holders(event):
        yield from _put(event, (*holder.path, "flavour"), "salt")


def _deprecated(event: Event) -> Iterator[Mutant]:
    for path, name in _absent(event, lambda attribute: attribute["type"] == "string_t" and "@deprecated" in attribute):
        yield from _put(event, (*path, name), "salt")


def _ports(event: Event) -> Iterator[Mutant]:
    for path, name in _absent(event, lambda attribute: attribute["type"] == "port_t"):
        yield from _put(event, (*path, name), *PORTS)


def _absent(event: Event, wanted: Callable[[Shape], bool]) -> Iterator[tuple[Path, str]]:
    """Single attributes of no profile that could be present and are not."""
    for path, value, shape in holders(event):
        for name, attribute in shape["attributes"].items():
            free = not attribute.get("profiles") and not attribute.get("is_array")
            if free and name not in value and wanted(attribute):
                yield path, name


def _required(event: Event) -> Iterator[Mutant]:
    for path, value, shape in holders(event):
        for name in value:
            if shape["attributes"][name]["requirement"] == "required":
                yield _drop(event, path, name)


def _constraints(event: Event) -> Iterator[Mutant]:
    for path, _, shape in holders(event):
        constraints = shape.get("constraints") or {}
        yield from (_drop(event, path, *constraints[name]) for name in CONSTRAINTS if name in constraints)


def _missing_profiles(event: Event) -> Iterator[Mutant]:
    profiles = event["metadata"].get("profiles", [])
    for profile in profiles:
        if others := [other for other in profiles if other != profile]:
            yield from _put(event, ("metadata", "profiles"), others)
    if profiles:
        yield _drop(event, ("metadata",), "profiles")


def _foreign_profiles(event: Event) -> Iterator[Mutant]:
    listed = event["metadata"].get("profiles", [])
    foreign = {"flavour", *schema()["profiles"]} - set(classes()[event["class_uid"]]["profiles"])
    return _put(event, ("metadata", "profiles"), *([*listed, profile] for profile in sorted(foreign)))


def _dangling(event: Event) -> Iterator[Mutant]:
    for position, entry in enumerate(event.get("observables", [])):
        path = ("observables", position)
        name = entry["name"]
        first, *rest = name.split(".")
        bracketed = first.partition("[")[0] + ("[7]" if "[" in first else "[]")
        misspelt = (
            f"{name}.x",
            f"x.{name}",
            f".{name}",
            f"{name}.",
            name.replace(".", "..", 1),
            f"{name}[]",
            f"{name}]",
        )
        yield from _put(event, (*path, "name"), *NOWHERE, *misspelt, ".".join([bracketed, *rest]))
        yield from _put(event, (*path, "value"), "elsewhere", f"{entry['value']}x", f" {entry['value']}")
        yield _drop(event, path, "value")


def _everywhere(value: Any) -> Callable[[Event], Iterator[Mutant]]:
    return lambda event: (mutant for path in _places(event) for mutant in _put(event, path, value))


FAMILIES: dict[str, Callable[[Event], Iterator[Mutant]]] = {
    **{family: _replaced(family) for family in REPLACED},
    "an unknown class": lambda event: _put(event, ("class_uid",), *NO_CLASSES),
    "another class": _other_classes,
    "another type_uid": _type_uids,
    "another number beside the caption": _numbers,
    "another caption beside the number": _captions,
    "the name of another class, category or type": _names,
    "another version": lambda event: _put(event, ("metadata", "version"), *NO_VERSIONS),
    "an observable that points nowhere": _dangling,
    "an unknown attribute": _unknown_attributes,
    "a deprecated attribute": _deprecated,
    "a port that does not exist": _ports,
    "a profile that is not listed": _missing_profiles,
    "a profile the class does not have": _foreign_profiles,
    "a required attribute missing": _required,
    "none of those of which one is needed": _constraints,
    "null": _everywhere(None),
    "empty text": _everywhere(""),
}


def mutants(event: Event) -> Iterator[tuple[str, str, Event]]:
    """Every mutant of a valid event: its family, the fault and its path, and the event with the fault."""
    for family, plant in FAMILIES.items():
        yield from ((family, planted, mutant) for planted, mutant in plant(event))
