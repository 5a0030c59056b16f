"""Lists of activity types in any accepted form, read into one."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Documented(NamedTuple):
    """The documentation of one type beside its name."""

    fields: Mapping[str, str] | None
    """Kind of each field by path (`a`, `a.b`, `a[].b`); `None` where only the name is known."""
    enums: Mapping[str, list[Any]] | None
    """Documented values by path; `None` where the list holds no values."""


class Unreadable(ValueError):
    """A file that holds no list of types; the message names the fault."""


def read(path: Path) -> dict[str, Documented]:
    """The list in a JSON file. Raises `Unreadable`.

    An array of names or of objects with `type`, `fields` and `enums` (both may be missing), an object of these by
    type, or either under `activities`.
    """
    try:
        found = json.loads(path.read_bytes(), object_pairs_hook=_without_duplicates)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from None
    if isinstance(found, dict) and "activities" in found:
        found = found["activities"]
    listed = dict(_unique(path, _entries(path, found)))
    if not listed:
        raise Unreadable(f"{path}: holds no activity type")
    return listed


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises `ValueError` for a duplicate name, which would hide a type."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1})
        raise ValueError(f"duplicate name {twice} in one object; keep one of each")
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
    seen: set[str] = set()
    for code, entry in entries:
        if not code or code in seen:
            raise Unreadable(f"{path}: type {code!r} " + ("is listed twice" if code else "has no name"))
        seen.add(code)
        yield code, _documented(path, code, entry)


def _documented(path: Path, code: str, entry: Any) -> Documented:
    fields, enums = (entry.get("fields"), entry.get("enums")) if isinstance(entry, dict) else (entry, None)
    if not isinstance(fields, dict | None) or not isinstance(enums, dict | None):
        raise Unreadable(f"{path}: {code}: `fields` and `enums` must be objects by path")
    if wrong := [name for name, kind in (fields or {}).items() if not isinstance(kind, str)]:
        raise Unreadable(f"{path}: {code}: the kind of {wrong} must be text")
    if wrong := [name for name, values in (enums or {}).items() if not isinstance(values, list)]:
        raise Unreadable(f"{path}: {code}: `enums` of {wrong} must be an array of values")
    return Documented(fields, enums)
