"""What is new, changed and gone between two lists of activity types."""

from collections.abc import Mapping
from typing import NamedTuple

from tools.api_drift.listed import Documented


class Drift(NamedTuple):
    """The difference, each part sorted by type."""

    new: list[str]
    changed: dict[str, list[str]]
    """What is to be added to or taken from the type's entry, a line each."""
    gone: list[str]


def compare(known: Mapping[str, Documented], newer: Mapping[str, Documented]) -> Drift:
    """How `newer` differs from what is known."""
    both = sorted(known.keys() & newer.keys())
    changed = {code: lines for code in both if (lines := _changes(known[code], newer[code]))}
    return Drift(sorted(newer.keys() - known.keys()), changed, sorted(known.keys() - newer.keys()))


def _changes(before: Documented, after: Documented) -> list[str]:
    """Where the newer list knows no fields, nothing has changed."""
    if after.fields is None:
        return []
    known = before.fields or {}
    lines = [f"field + {path} ({after.fields[path]})" for path in sorted(after.fields.keys() - known.keys())]
    lines += [f"field - {path}" for path in sorted(known.keys() - after.fields.keys())]
    for path in sorted(known.keys() & after.fields.keys()):
        if known[path] != after.fields[path]:
            lines.append(f"field {path}: {known[path]} is now {after.fields[path]}")
    for path in sorted(before.enums.keys() | after.enums.keys()):
        lines += _values(path, before, after)
    return lines


def _values(path: str, before: Documented, after: Documented) -> list[str]:
    old, new = ({str(value) for value in side.enums.get(path, ())} for side in (before, after))
    where = "updates" if path == "updates[].type" else f"enums {path}"
    return [f"{where} + {value}" for value in sorted(new - old)] + [f"{where} - {value}" for value in sorted(old - new)]
