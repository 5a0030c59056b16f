"""Types that are new, changed or removed between two lists of activity types."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tools.api_drift.listed import Documented


class Drift(NamedTuple):
    """The difference, each part sorted by type."""

    new: list[str]
    changed: dict[str, list[str]]
    """Type → what to add to or remove from its entry, a line each."""
    removed: list[str]


def compare(known: Mapping[str, Documented], newer: Mapping[str, Documented]) -> Drift:
    """The differences of `newer` from `known`."""
    both = sorted(known.keys() & newer.keys())
    changed = {code: lines for code in both if (lines := _changes(known[code], newer[code]))}
    return Drift(sorted(newer.keys() - known.keys()), changed, sorted(known.keys() - newer.keys()))


def _changes(before: Documented, after: Documented) -> list[str]:
    """Without fields or values in the newer list there is nothing to compare."""
    if after.fields is None:
        return []
    known = before.fields or {}
    lines = [f"field + {path} ({after.fields[path]})" for path in sorted(after.fields.keys() - known.keys())]
    lines += [f"field - {path}" for path in sorted(known.keys() - after.fields.keys())]
    for path in sorted(known.keys() & after.fields.keys()):
        if known[path] != after.fields[path]:
            lines.append(f"field {path}: {known[path]} is now {after.fields[path]}")
    if after.enums is not None:
        values = before.enums or {}
        for path in sorted(values.keys() | after.enums.keys()):
            lines += _values(path, values.get(path, ()), after.enums.get(path, ()))
    return lines


def _values(path: str, before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    old, new = ({str(value) for value in side} for side in (before, after))
    where = "updates" if path == "updates[].type" else f"enums {path}"
    return [f"{where} + {value}" for value in sorted(new - old)] + [f"{where} - {value}" for value in sorted(old - new)]
