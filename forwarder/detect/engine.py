"""A KQL engine over rows in memory: tables with the columns of Sentinel, base functions, watchlists, a fixed `now`.

duckdb-kql supports a subset of KQL and refuses the rest; dynamic columns are JSON.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

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
WATCHLISTS = "Watchlists"
"""The table of all watchlists; the column `ALIAS` has the watchlist of each row."""
ALIAS = "_alias"
_NOW_PLACEHOLDER = datetime(1999, 12, 31, 23, 59, 59, 123_456, tzinfo=UTC).replace(tzinfo=None)
"""Placeholder of `now` in a translated query, bound as a parameter, so that a translation is reused for every time.
Without a time zone, as duckdb-kql binds it.
"""
MAX_LOOKBACK = "14d"
"""The longest lookback that Sentinel allows a rule."""


class Library(NamedTuple):
    """What queries can use besides the tables of events."""

    bases: Mapping[str, str]
    """Functions `NAME(since:timespan=14d)` over the tables: body by name."""
    functions: Mapping[str, str] = MappingProxyType({})
    """Other functions by name, as `.create-or-alter function` commands."""
    watchlists: tuple[Mapping[str, str], ...] = ()
    """The rows of all watchlists, each with the columns of all of them."""


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
        self._materialized: dict[str, str] = {}
        spilled = tempfile.mkdtemp(prefix="claude-siem-detect-")  # private; DuckDB's own choice is the working folder
        weakref.finalize(self, shutil.rmtree, spilled, ignore_errors=True)
        self._database = duckdb.connect(config={"temp_directory": spilled})
        self._database.execute("SET TimeZone = 'UTC'")
        self._schema = {TABLES[stream]: [*columns(stream)] for stream in STREAMS}
        for stream in STREAMS:
            self._create(TABLES[stream], columns(stream))
        if library.watchlists:
            self._schema[WATCHLISTS] = [*library.watchlists[0]]
            self._create(WATCHLISTS, dict.fromkeys(library.watchlists[0], "string"))
            self._insert(WATCHLISTS, dict.fromkeys(library.watchlists[0], "string"), library.watchlists)

    def load(self, stream: Stream, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows in the format of the Logs Ingestion API. As in Azure, values without a column are dropped."""
        self._insert(TABLES[stream], columns(stream), rows)

    def query(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """The rows of a query at `now`."""
        sql, parameters = self._translated(text, now)
        relation = self._database.execute(sql, parameters)
        names = [column[0] for column in relation.description or ()]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def materialize(self, now: datetime, only: str = "") -> None:
        """Run every base function at `now` and store its result; with `only`, those that this query names.

        Queries at `now` then read the stored results, which is twice as fast. Valid until the next call; rows loaded
        in between are not included.
        """
        self._materialized, materialized = {}, {}
        for name in (name for name in self._bases if not only or name in only):
            sql, parameters = self._translated(f"{name}({MAX_LOOKBACK}) | where event_time <= now()", now)
            table = f"Materialized{name}"
            self._database.execute(f"CREATE OR REPLACE TABLE {table} AS {sql}", parameters)
            described = self._database.execute(f"DESCRIBE {table}").fetchall()
            self._schema[table] = [column[0] for column in described]
            materialized[name] = f"{table} | where event_time >= ago(since)"
        self._materialized = materialized

    def _translated(self, text: str, now: datetime) -> tuple[str, dict[str, Any] | None]:
        bodies = {**self._bases, **self._materialized}
        head = ".create-or-alter function"
        commands = {name: f"{head} {name}(since:timespan={MAX_LOOKBACK}) {{ {body} }}" for name, body in bodies.items()}
        schema = tuple((table, tuple(names)) for table, names in self._schema.items())
        sql, parameters = _sql_of(text, _needed(text, commands | self._others), schema)
        timestamp = now.astimezone(UTC).replace(tzinfo=None)
        return sql, {
            name: timestamp if value == _NOW_PLACEHOLDER else value for name, value in parameters.items()
        } or None

    def _create(self, table: str, kinds: Mapping[str, str]) -> None:
        fields = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in kinds.items())
        self._database.execute(f"CREATE TABLE {table} ({fields})")

    def _insert(self, table: str, kinds: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        fields = ", ".join(f"'{name}': '{_TYPES[kind]}'" for name, kind in kinds.items())
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
            file.flush()
            if file.tell():
                source = f"read_json('{file.name}', format='newline_delimited', columns={{{fields}}})"
                self._database.execute(f"INSERT INTO {table} SELECT * FROM {source}")  # noqa: S608 (constant names)


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
