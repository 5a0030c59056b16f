"""A KQL engine over rows in memory: tables with the columns of Sentinel, base functions, watchlists, a fixed `now`.

duckdb-kql supports a subset of KQL and refuses the rest; dynamic columns are JSON.
"""

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from forwarder.detect.functions import SavedFunction
from forwarder.errors import Misconfigured
from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES, columns

_TYPES = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "long": "BIGINT",
    "int": "INTEGER",
    "real": "DOUBLE",
    "boolean": "BOOLEAN",
    "dynamic": "JSON",
}
ARRIVAL = "_IngestionTime"
"""Column of the tables with what `ingestion_time()` gives: when the row arrived in the SIEM."""
_ARRIVED = "_AllOf{table}"
"""The table behind the view of what had arrived at `now`."""
_NOW_VARIABLE = "query_now"
_WATCHLIST = re.compile(r"_GetWatchlist\('(\w+)'\)")
WATCHLIST_COLUMNS = ("_DTItemId", "SearchKey", "LastUpdatedTimeUTC")
"""What `_GetWatchlist` gives of every watchlist. One without rows has no other columns."""
_NOW_PLACEHOLDER = datetime(1999, 12, 31, 23, 59, 59, 123_456, tzinfo=UTC).replace(tzinfo=None)
"""Placeholder of `now` in a translated query, bound as a parameter, so that a translation is reused for every time.
Without a time zone, as duckdb-kql binds it.
"""
MAX_LOOKBACK = "14d"
"""The longest lookback that Sentinel allows a rule."""


class Library(NamedTuple):
    """What queries can use besides the tables of events."""

    bases: Mapping[str, SavedFunction]
    """Functions over the tables, whose first parameter is `since:timespan`, by name."""
    functions: Mapping[str, SavedFunction] = MappingProxyType({})
    """Other functions by name."""
    watchlists: Mapping[str, Sequence[Mapping[str, str]]] = MappingProxyType({})
    """The rows of each watchlist by alias; the columns are those of the first."""


class Engine:
    """One in-memory database. Raises `Misconfigured` without the extra `[detect]`."""

    def __init__(self, library: Library) -> None:
        try:
            import duckdb
        except ImportError:
            raise Misconfigured(
                "detections cannot run: DuckDB is not installed; run pip install 'claude-siem[detect]'"
            ) from None
        self._others = dict(library.functions)
        self._bases = library.bases
        self._materialized: dict[str, SavedFunction] = {}
        spilled = tempfile.mkdtemp(prefix="claude-siem-detect-")  # private; DuckDB's own choice is the working folder
        weakref.finalize(self, shutil.rmtree, spilled, ignore_errors=True)
        self._database = duckdb.connect(config={"temp_directory": spilled})
        self._database.execute("SET TimeZone = 'UTC'")
        self._schema = {TABLES[stream]: [*_columns(stream)] for stream in STREAMS}
        for stream in STREAMS:
            self._create_table(TABLES[stream], _columns(stream))
        for alias, rows in library.watchlists.items():
            kinds = dict.fromkeys([*WATCHLIST_COLUMNS, *(rows[0] if rows else ())], "string")
            self._schema[_watchlist(alias)] = [*kinds]
            self._create(_watchlist(alias), kinds)
            self._insert(_watchlist(alias), kinds, rows)

    def load(self, stream: Stream, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows in the format of the Logs Ingestion API. As in Azure, values without a column are dropped.

        A row arrives at its `ARRIVAL`, by default at its `CollectedTime`.
        """
        arrived = ({ARRIVAL: row.get("CollectedTime"), **row} for row in rows)
        self._insert(_ARRIVED.format(table=TABLES[stream]), _columns(stream), arrived)

    def query(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """The rows of a query at `now`."""
        sql, parameters = self._translated(text, now)
        self._see_what_arrived(now)
        relation = self._database.execute(sql, parameters)
        names = [column[0] for column in relation.description or ()]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def materialize(self, now: datetime, only: str = "") -> None:
        """Run every base function at `now` and store its result; with `only`, those that this query names.

        Queries at `now` then read the stored results, which is twice as fast. Valid until the next call; rows loaded in
        between are not included. A function with more parameters than `since` is run as it is.
        """
        self._materialized = {}
        materialized: dict[str, SavedFunction] = {}
        self._see_what_arrived(now)
        for name in (name for name in self._bases if self._takes_only_since(name) and (not only or name in only)):
            sql, parameters = self._translated(f"{name}({MAX_LOOKBACK}) | where event_time <= now()", now)
            table = f"Materialized{name}"
            self._database.execute(f"CREATE OR REPLACE TABLE {table} AS {sql}", parameters)
            described = self._database.execute(f"DESCRIBE {table}").fetchall()
            self._schema[table] = [column[0] for column in described]
            materialized[name] = self._bases[name]._replace(body=f"{table} | where event_time >= ago(since)")
        self._materialized = materialized

    def _takes_only_since(self, name: str) -> bool:
        return "," not in self._bases[name].parameters

    def _see_what_arrived(self, now: datetime) -> None:
        self._database.execute(f"SET VARIABLE {_NOW_VARIABLE} = TIMESTAMP '{_plain(now)}'")

    def _translated(self, text: str, now: datetime) -> tuple[str, dict[str, Any] | None]:
        functions = {**self._others, **self._bases, **self._materialized}
        commands = {name: _executable(_command(function)) for name, function in functions.items()}
        schema = tuple((table, tuple(names)) for table, names in self._schema.items())
        sql, parameters = _sql_of(_executable(text), _needed(text, commands), schema)
        timestamp = _plain(now)
        return sql, {
            name: timestamp if value == _NOW_PLACEHOLDER else value for name, value in parameters.items()
        } or None

    def _create(self, table: str, kinds: Mapping[str, str]) -> None:
        fields = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in kinds.items())
        self._database.execute(f"CREATE TABLE {table} ({fields})")

    def _create_table(self, table: str, kinds: Mapping[str, str]) -> None:
        held = _ARRIVED.format(table=table)
        self._create(held, kinds)
        seen = f"SELECT * FROM {held} WHERE \"{ARRIVAL}\" <= getvariable('{_NOW_VARIABLE}')"  # noqa: S608 (constant)
        self._database.execute(f"CREATE VIEW {table} AS {seen}")

    def _insert(self, table: str, kinds: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        fields = ", ".join(f"'{name}': '{_TYPES[kind]}'" for name, kind in kinds.items())
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
            file.flush()
            if file.tell():
                source = f"read_json('{file.name}', format='newline_delimited', columns={{{fields}}})"
                self._database.execute(f"INSERT INTO {table} SELECT * FROM {source}")  # noqa: S608 (constant names)


def _columns(stream: Stream) -> dict[str, str]:
    return {**columns(stream), ARRIVAL: "datetime"}


def _plain(time: datetime) -> datetime:
    """In UTC without a time zone, as DuckDB holds it."""
    return time.astimezone(UTC).replace(tzinfo=None)


def _watchlist(alias: str) -> str:
    return f"Watchlist_{alias}"


def _command(function: SavedFunction) -> str:
    return f".create-or-alter function {function.name}({function.parameters}) {{ {function.body} }}"


def _executable(text: str) -> str:
    """KQL with names of this engine for what duckdb-kql lacks."""
    return _WATCHLIST.sub(lambda found: _watchlist(found[1]), text.replace("ingestion_time()", ARRIVAL))


def _needed(text: str, functions: Mapping[str, str]) -> tuple[str, ...]:
    """The commands of the functions that a query uses, directly or through other functions."""
    named = {name for name in functions if name in text}
    while more := {name for name in functions if name not in named and any(name in functions[one] for one in named)}:
        named |= more
    return tuple(functions[name] for name in functions if name in named)


@lru_cache(maxsize=1024)
def _sql_of(
    text: str, functions: Sequence[str], schema: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[str, dict[str, Any]]:
    """The query as SQL with its parameters. Cached: translating takes four times as long as running."""
    import duckdb_kql

    tables = {table: list(names) for table, names in schema}
    sql = duckdb_kql.to_sql(text, schema=tables, query_now=_NOW_PLACEHOLDER.isoformat(), functions=list(functions))
    return str(sql), dict(sql.parameters)
