"""Lists of activity types, as they come: what each documents, in one shape."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Documented(NamedTuple):
    """What is known of one type beside its name."""

    fields: Mapping[str, str] | None
    """Kind of each field by path (`a`, `a.b`, `a[].b`); `None` where only the name is known."""
    enums: Mapping[str, list[Any]] | None
    """Documented values by path; `None` where the list says nothing of values."""


class Unreadable(ValueError):
    """A list that is none; the message says what is wrong with it."""


def read(path: Path) -> dict[str, Documented]:
    """The list in a JSON file. Raises `Unreadable`.

    An array of names or of objects with `type`, `fields` and `enums` (both may be missing), an object of these by
    type, or either under `activities`.
    """
    try:
        found = json.loads(path.read_bytes(), object_pairs_hook=_told_once)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from None
    if isinstance(found, dict) and "activities" in found:
        found = found["activities"]
    listed = dict(_unique(path, _entries(path, found)))
    if not listed:
        raise Unreadable(f"{path}: holds no activity type")
    return listed


def _told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, of which a name that stands twice would hide one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1})
        raise ValueError(f"{twice} is told twice in one object")
    return found


def _entries(path: Path, found: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(found, dict):
        return found.items()
    if isinstance(found, list):
        return [_entry(path, position, item) for position, item in enumerate(found)]
    raise Unreadable(f"{path}: neither an array nor an object of activity types")


def _entry(path: Path, position: int, item: Any) -> tuple[str, Any]:
    if isinstance(item, str):
        return item, {}
    if isinstance(item, dict) and isinstance(item.get("type"), str):
        return item["type"], item
    raise Unreadable(f"{path}: item {position} is neither a name nor an object with a `type`: {item!r:.80}")


def _unique(path: Path, entries: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Documented]]:
    told: set[str] = set()
    for code, entry in entries:
        if not code or code in told:
            raise Unreadable(f"{path}: type {code!r} " + ("is told twice" if code else "has no name"))
        told.add(code)
        yield code, _documented(path, code, entry)


def _documented(path: Path, code: str, entry: Any) -> Documented:
    fields, enums = (entry.get("fields"), entry.get("enums")) if isinstance(entry, dict) else (entry, None)
    if not isinstance(fields, dict | None) or not isinstance(enums, dict | None):
        raise Unreadable(f"{path}: {code}: `fields` and `enums` are objects by path")
    if wrong := [name for name, kind in (fields or {}).items() if not isinstance(kind, str)]:
        raise Unreadable(f"{path}: {code}: the kind of {wrong} is no text")
    if wrong := [name for name, values in (enums or {}).items() if not isinstance(values, list)]:
        raise Unreadable(f"{path}: {code}: `enums` of {wrong} is no array of values")
    return Documented(fields, enums)
