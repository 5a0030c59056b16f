"""The columns of each table, one file a table in the Azure-Sentinel repository's CustomTables form.

From these files come the tables, the data collection rule, the row builder's tests and the query checks.
"""

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
