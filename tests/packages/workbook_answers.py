"""Asks the shipped workbooks' queries of an engine that holds the dashboards' world as the Sentinel sink writes it.

Parameters are filled in as Azure Workbooks do: `{Name}` is the value as it stands, `{TimeRange:start}` and
`{TimeRange:end}` are literals of KQL (Azure Monitor: *Workbook time parameters*). The engine runs a subset of KQL.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson

from forwarder.detect.engine import Engine, Library
from forwarder.detect.functions import SavedFunction
from forwarder.detect.history import classify
from forwarder.detect.rules import library
from forwarder.records import Event, KeyFields, Stream
from forwarder.sinks.sentinel import row
from forwarder.sinks.splunk.sink import INDEXED_FIELDS
from tests.content.execute import content
from tests.packages.dashboard_envelopes import Envelope
from tests.packages.dashboard_searches import ASK, key_lookup_rows
from tests.packages.dashboard_world import NOW, world
from tests.packages.notebooks import parameters, queries
from tools.content.workbook_functions import workbook_functions

PARAMETER = re.compile(r"\{([A-Z][A-Za-z]*)(?::([a-z]+))?\}")
WORKBOOK_FUNCTIONS = {function.name: function for function in workbook_functions(content())}
VIEWED_AT = NOW + timedelta(minutes=1)
"""Time at which the workbook is opened."""
Rows = list[dict[str, Any]]
Row = tuple[Stream, dict[str, Any]]
"""A stream, and the columns of a row of its table."""


def begin(name: str) -> datetime:
    """Where the time begins: as far back as the workbook shows at first, from midnight or the hour as dashboards do."""
    shown = timedelta(milliseconds=parameters(name)["TimeRange"]["value"]["durationMs"])
    whole = (VIEWED_AT - shown).replace(minute=0, second=0)
    return whole if shown == timedelta(days=1) else whole.replace(hour=0)


def filled(query: str, name: str, chosen: Mapping[str, str]) -> str:
    """The query with its parameters filled in. Raises `KeyError` for an undeclared one."""
    times = {"start": begin(name), "end": VIEWED_AT}
    values = {parameter["name"]: parameter["value"] for parameter in parameters(name).values()} | dict(chosen)

    def value(found: re.Match[str]) -> str:
        if found[1] == "TimeRange":
            return f"datetime({times[found[2]]:%Y-%m-%dT%H:%M:%S.%fZ})"
        return str(values[found[1]])

    return PARAMETER.sub(value, query)


@cache
def rows(name: str, tile: str, **chosen: str) -> Rows:
    """The rows of one tile over the world."""
    return sentinel().query(filled(queries(name)[tile]["query"], name, chosen), VIEWED_AT)


def figure(name: str, tile: str, **chosen: str) -> float:
    """The value of a number tile."""
    (only,) = rows(name, tile, **chosen)
    return float(only["Answer"])


@cache
def sentinel() -> Engine:
    """The world's rows in the four tables, and some keys in the lookup."""
    lookup = next(lookup for lookup in content().lookups if lookup.name == "claude_keys")
    own = "".join(f"{key},rotated monthly,{ASK},30\n" for key in key_lookup_rows(world()))
    return workspace(map(sent, world().envelopes), {"claude_keys": lookup.text + own})


def sent(envelope: Envelope) -> Row:
    """The row of the event in an envelope, at the time and with the key fields of the envelope."""
    sent_fields, stream = _classified(envelope["event"])
    key_fields = {name: envelope["fields"].get(field) for field, name in INDEXED_FIELDS}
    sent_fields = sent_fields._replace(time_ms=round(envelope["time"] * 1000), **key_fields)
    return stream, orjson.loads(row(sent_fields, orjson.dumps(envelope["event"])))


def row_of(event: Event) -> Row:
    """The row of an event."""
    return event.stream, orjson.loads(row(event.key_fields, event.body))


def _classified(event: Mapping[str, Any]) -> tuple[KeyFields, Stream]:
    found = classify(event)
    assert found, event
    return found


def workspace(held: Iterable[Row], lookups: Mapping[str, str] | None = None) -> Engine:
    """A workspace with the solution's functions that holds these rows."""
    shipped = library(lookups)
    functions = {**shipped.functions, **WORKBOOK_FUNCTIONS}
    engine = Engine(_with_literals_in_a_table(shipped._replace(functions=functions)))
    tables: dict[Stream, list[dict[str, Any]]] = {}
    for stream, columns in held:
        tables.setdefault(stream, []).append(columns)
    for stream, listed in tables.items():
        engine.load(stream, listed)
    return engine


@cache
def literals(name: str) -> Rows:
    """What a function gives that holds its rows itself: `ClaudeCodes`, `ClaudeRules`."""
    return Engine(Library({}, {name: WORKBOOK_FUNCTIONS[name]})).query(name, VIEWED_AT)


def _with_literals_in_a_table(shipped: Library) -> Library:
    """To read hundreds of literals takes the engine longer than to answer, so it gets those rows as a table."""
    held = {name: literals(name) for name, function in WORKBOOK_FUNCTIONS.items() if not function.parameters}
    tables = {
        name: [{column: value or "" for column, value in row_.items()} for row_ in listed]
        for name, listed in held.items()
    }
    instead = {
        name: SavedFunction(name, "", f"_GetWatchlist('{name}') | project {', '.join(listed[0])}")
        for name, listed in held.items()
    }
    return shipped._replace(watchlists={**shipped.watchlists, **tables}, functions={**shipped.functions, **instead})
