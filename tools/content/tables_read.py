"""The tables that a query reads, directly or through functions."""

import re
from collections.abc import Mapping

from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES

_COMMENT = re.compile(r"//[^\n]*")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_STREAMS = {table: stream for stream, table in TABLES.items()}


def tables_read(query: str, functions: Mapping[str, str]) -> list[Stream]:
    """The streams whose tables are read, in their order. `functions`: name and body of each saved function."""
    read = {_STREAMS[name] for name in _names(query, functions, set()) if name in _STREAMS}
    return [stream for stream in STREAMS if stream in read]


def _names(query: str, functions: Mapping[str, str], seen: set[str]) -> set[str]:
    """Every name in the query and in the functions that it calls."""
    for name in set(_NAME.findall(_COMMENT.sub("", query))) - seen:
        seen.add(name)
        if name in functions:
            _names(functions[name], functions, seen)
    return seen
