"""The columns of each table: the promoted ones, which all tables share, then those of the table's own events.

`tables/promoted.json` names each promoted column with the key field that it holds; one file a table has the rest. From
these files come the tables, the data collection rule, the rows, the row builder's tests and the query checks.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import orjson

from forwarder.records import STREAMS, KeyFields, Stream

TABLES: dict[Stream, str] = {stream: f"Claude{stream.capitalize()}_CL" for stream in STREAMS}


class PromotedColumn(NamedTuple):
    """A column that holds a key field, so that queries need not look into the event."""

    name: str
    type: str
    key_field: str

    @property
    def position(self) -> int:
        """Of the key field among `KeyFields`."""
        return KeyFields._fields.index(self.key_field)


def _properties(file: str) -> list[dict[str, str]]:
    path = files("forwarder.sinks.sentinel").joinpath("tables").joinpath(f"{file}.json")
    properties: list[dict[str, str]] = orjson.loads(path.read_bytes())["Properties"]
    return properties


PROMOTED = tuple(PromotedColumn(p["Name"], p["Type"], p["KeyField"]) for p in _properties("promoted"))


@cache
def typed_columns(stream: Stream) -> dict[str, str]:
    """Column name → type, written as in the Azure-Sentinel repository's CustomTables (`String`, `DateTime`, …)."""
    own = {p["Name"]: p["Type"] for p in _properties(TABLES[stream])}
    return {column.name: column.type for column in PROMOTED} | own


@cache
def columns(stream: Stream) -> dict[str, str]:
    """Column name → type (`string`, `datetime`, `long`, `int`, `real`, `boolean`, `dynamic`) of the stream's table."""
    return {name: type_.lower() for name, type_ in typed_columns(stream).items()}


def differences(stream: Stream, there: Mapping[str, str]) -> str:
    """The stream's columns that are missing or have another type, as text; empty: none. A surplus one is fine.

    `there` is column and type as Azure names them: `dateTime` of a table and `datetime` of a rule are one.
    """
    kinds = {name: kind.lower() for name, kind in there.items()}
    wanted = columns(stream)
    lacking = [name for name in wanted if name not in kinds]
    other = [
        f"{name} is {there[name]}, not {kind}" for name, kind in wanted.items() if name in kinds and kinds[name] != kind
    ]
    parts = [f"lacks {', '.join(lacking)}"] if lacking else []
    return "; ".join(parts + other)
