"""An event as a row: the promoted columns, then the event's own attributes by name.

Facts (Azure Monitor limits): a column holds 64 KB, longer ones are truncated without notice; so they are cut here,
with a note in the column and in the row. Only events that could have such a column are parsed again.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import orjson

from forwarder.sinks.base import ChunkEvent
from forwarder.sinks.sentinel.columns import PROMOTED

COLUMN_BYTES = 64 * 1024
CUT = "…[cut by claude-siem: the column is over 64 KB; other sinks hold the event whole]"
_KEPT_OF_A_CUT_COLUMN = 28 * 1024
_NOTE_BYTES = 4096
"""Room for the note on what was cut."""
_NEVER_CUT = COLUMN_BYTES - _NOTE_BYTES
"""No column of a smaller event can be too long."""
_EPOCH = date(1970, 1, 1)
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999


_TIMES = [(column.name, column.position) for column in PROMOTED if column.type == "DateTime"]
_TIME_POSITIONS = {position for _, position in _TIMES}
_VALUES = [(column.name, column.position) for column in PROMOTED if column.type != "DateTime"]


@lru_cache(maxsize=1024)
def _day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def timestamp(time_ms: int) -> str:
    """Milliseconds as Azure writes them; times before year 1 or after 9999 become the nearest it can hold."""
    days, ms = divmod(min(max(time_ms, _FIRST_MS), _LAST_MS), 86_400_000)
    seconds, ms = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{_day(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{ms:03d}Z"


def promoted(keys: Sequence[Any]) -> dict[str, Any]:
    """The columns that queries use first. `TimeGenerated` may be rewritten by Azure, `EventTime` never is."""
    times = {position: timestamp(keys[position]) for position in _TIME_POSITIONS}
    columns: dict[str, Any] = {column: times[position] for column, position in _TIMES}
    for column, position in _VALUES:
        value = keys[position]
        if value is not None:
            columns[column] = value
    return columns


def rows(events: Sequence[ChunkEvent]) -> list[bytes]:
    """The rows of these events."""
    return [row(keys, body) for keys, body in events]


def row(keys: Sequence[Any], body: bytes) -> bytes:
    """The row of one event with these key fields, compact JSON."""
    columns = promoted(keys)
    if len(body) <= _NEVER_CUT:
        return orjson.dumps(columns)[:-1] + b"," + body[1:]
    return orjson.dumps(_cut(columns | orjson.loads(body)))


def _cut(columns: dict[str, Any]) -> dict[str, Any]:
    """Columns within the limit; what was cut is named in `unmapped.forwarder.cut_columns` with its size."""
    sizes = {name: len(orjson.dumps(value)) for name, value in columns.items()}
    cut = {name: size for name, size in sizes.items() if size > COLUMN_BYTES - _NOTE_BYTES}
    if not cut:
        return columns
    kept = columns | {name: _shortened(columns[name]) for name in cut}
    unmapped = kept.get("unmapped")
    kept["unmapped"] = {**(unmapped if isinstance(unmapped, dict) else {}), "forwarder": {"cut_columns": cut}}
    return kept


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()[:_KEPT_OF_A_CUT_COLUMN].decode("utf-8", "ignore") + CUT
    return {"cut": orjson.dumps(value)[:_KEPT_OF_A_CUT_COLUMN].decode("utf-8", "ignore") + CUT}
