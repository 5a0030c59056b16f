"""KQL over rows in memory: tables typed by their column files, base functions, watchlists, a pinned now.

duckdb-kql executes a subset of KQL and refuses the rest; dynamic columns are JSON.
"""

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

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


class Engine:
    """One database. `functions` are `.create-or-alter function` commands. Raises `Misconfigured` without the extra."""

    def __init__(self, functions: Iterable[str]) -> None:
        try:
            import duckdb
            import duckdb_kql
        except ImportError:
            raise Misconfigured("running detections needs the extra: pip install 'claude-siem[detect]'") from None
        self._kql = duckdb_kql.kql
        self._database = duckdb.connect()
        self._functions = list(functions)
        for stream in STREAMS:
            self._create(stream)

    def load(self, stream: Stream, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows as the Logs Ingestion API gets them. What has no column is dropped, as Azure does."""
        fields = ", ".join(f"'{name}': '{_TYPES[kind]}'" for name, kind in columns(stream).items())
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
            file.flush()
            if file.tell():
                source = f"read_json('{file.name}', format='newline_delimited', columns={{{fields}}})"
                self._database.execute(f"INSERT INTO {TABLES[stream]} SELECT * FROM {source}")  # noqa: S608

    def query(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """The rows of a query at `now`."""
        relation = self._kql(self._database, text, query_now=now.isoformat(), functions=self._functions)
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    def _create(self, stream: Stream) -> None:
        fields = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in columns(stream).items())
        self._database.execute(f"CREATE TABLE {TABLES[stream]} ({fields})")
