"""Differences: of the rows that a rule returns from the expected ones, of deployed content from the shipped one.

Results in JSON hold text only: `"3"`, `"3.0"` and 3 are equal, numbers to `DIGITS` digits, and so are times as text and
as epoch; an empty value is a missing one. The order of rows does not matter.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from forwarder.errors import ForwarderError
from forwarder.siem.test_cases import Rows

DIGITS = 13
"""An epoch with milliseconds has as many."""
LONGEST = 60
"""Characters of a definition that a note shows."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_HIDDEN = "_"
"""The names of Splunk's own fields begin so."""


def row_difference(found: Rows, expected: Rows) -> str | None:
    """The first difference between the rows, as text; `None`: they are equal."""
    have, want = canonical(found), canonical(expected)
    surplus, missing = _without(have, want), _without(want, have)
    if not surplus and not missing:
        return None
    if len(have) != len(want):
        first = f"unexpected: {_row_text(surplus[0])}" if surplus else f"missing: {_row_text(missing[0])}"
        return f"{len(have)} rows where {len(want)} are expected; {first}"
    return _first_difference(surplus[0], missing[0])


def canonical(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows in one form and order."""
    plain = [
        {name: value for name, raw in row.items() if not name.startswith(_HIDDEN) if (value := _plain(raw)) != ""}
        for row in rows
    ]
    return sorted(plain, key=_key)


def definition_differences(
    kind: str, place: str, deployed: Mapping[str, str], shipped: Mapping[str, str]
) -> Iterator[str]:
    """A note for each shipped definition of this kind that is missing in `place` or differs, apart from spaces."""
    for name, definition in shipped.items():
        found = deployed.get(name)
        if found is None:
            yield f"{kind} {name} is missing {place}"
        elif found.split() != definition.split():
            short = max(len(found), len(definition)) <= LONGEST
            values = f": {found!r}, shipped {definition!r}" if short else ""
            yield f"{kind} {name} differs from the shipped one{values}"


def lookup_differences(kind: str, shipped: Mapping[str, Rows], read: Callable[[str], Rows]) -> Iterator[str]:
    """A note for each lookup of this kind whose rows, as `read` returns them, are not the shipped ones."""
    for name, rows in shipped.items():
        try:
            found = read(name)
        except ForwarderError as error:
            yield f"{kind} {name} cannot be read: {error}"
            continue
        if row_difference(found, rows):
            yield f"{kind} {name} has entries of your own: rules that read it may return other rows for good reason"


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value] if len(value) > 1 else _plain(value[0]) if value else ""
    if value is None or isinstance(value, bool):
        return "" if value is None else float(value)
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value).timestamp()
    if isinstance(value, (int, float)) or _NUMBER.fullmatch(value):
        return float(f"{float(value):.{DIGITS}g}")
    return value


def _without(rows: Rows, others: Rows) -> Rows:
    """The rows that are not among the others, each of which stands for one."""
    left = [_key(row) for row in others]
    found = []
    for row in rows:
        if _key(row) in left:
            left.remove(_key(row))
        else:
            found.append(row)
    return found


def _first_difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    name = next(name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name))
    value, wanted = _value_text(found.get(name)), _value_text(expected.get(name))
    return f"{name} is {value} where {wanted} is expected, in {_row_text(expected)}"


def _value_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return "empty" if value is None else str(value)


def _row_text(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_value_text(value)}" for name, value in sorted(row.items()))


def _key(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)
