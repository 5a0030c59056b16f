"""Rows compared, whatever form their values have.

Results in JSON hold text only: `"3"`, `"3.0"` and 3 are equal, figures to `DIGITS` digits, and so are times as text and
as epoch; what is empty is not there. The order of rows says nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from forwarder.siem.stories import Rows

DIGITS = 13
"""An epoch with milliseconds has as many."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_HIDDEN = "_"
"""So begin the names of Splunk's own fields."""


def difference(found: Rows, expected: Rows) -> str | None:
    """The first thing in which the rows differ, in words; `None`: they are equal."""
    have, want = canonical(found), canonical(expected)
    surplus, lacking = _without(have, want), _without(want, have)
    if not surplus and not lacking:
        return None
    if len(have) != len(want):
        first = f"unexpected: {_told(surplus[0])}" if surplus else f"missing: {_told(lacking[0])}"
        return f"{len(have)} rows where {len(want)} are expected; {first}"
    return _first(surplus[0], lacking[0])


def canonical(rows: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows in one form and order."""
    plain = [
        {name: value for name, told in row.items() if not name.startswith(_HIDDEN) if (value := _plain(told)) != ""}
        for row in rows
    ]
    return sorted(plain, key=_key)


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
    """The rows that are not among the others, each of which makes up for one."""
    left = [_key(row) for row in others]
    found = []
    for row in rows:
        if _key(row) in left:
            left.remove(_key(row))
        else:
            found.append(row)
    return found


def _first(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    name = next(name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name))
    return f"{name} is {_value(found.get(name))} where {_value(expected.get(name))} is expected, in {_told(expected)}"


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return "empty" if value is None else str(value)


def _told(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in sorted(row.items()))


def _key(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)
