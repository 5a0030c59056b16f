"""The columns of each table, one file a table in the Azure-Sentinel repository's CustomTables form.

From these files come the tables, the data collection rule, the row builder's tests and the query checks.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson

from forwarder.records import STREAMS, Stream

TABLES: dict[Stream, str] = {stream: f"Claude{stream.capitalize()}_CL" for stream in STREAMS}


@cache
def columns(stream: Stream) -> dict[str, str]:
    """Column name → type (`string`, `datetime`, `long`, `int`, `real`, `boolean`, `dynamic`) of the stream's table."""
    file = files("forwarder.sinks.sentinel").joinpath("tables").joinpath(f"{TABLES[stream]}.json")
    return {p["Name"]: p["Type"].lower() for p in orjson.loads(file.read_bytes())["Properties"]}


def deviations(stream: Stream, there: Mapping[str, str]) -> str:
    """In words, which of the stream's columns are not there or have another type; empty: none. A surplus one is fine.

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
