"""A stand-in for the Log Analytics query API over the received rows; it fails on request in many ways.

Sources: Azure Monitor, *Log Analytics query API*: request and response format, errors; *Logs Ingestion API*: rows whose
`TimeGenerated` is older than two days get the time of their arrival, what has no column is dropped. Queries run in
duckdb-kql, which knows no stored function of this workspace: a query that leaves one to Azure is refused.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import duckdb_kql

from forwarder.detect.engine import Engine, Library
from forwarder.detect.functions import SavedFunction
from forwarder.records import STREAMS, Stream
from forwarder.simulator import LogsIngestionServer
from forwarder.simulator.azure_tokens import QUERY_SCOPE
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.logs_ingestion import refusal
from forwarder.simulator.server import LocalServer, json_answer
from forwarder.sinks.sentinel import TABLES
from tests.azure.query_front import Front, View, front
from tests.azure.standin import CUSTOMER_ID, ResourceManager

Row = dict[str, Any]
_TERM = re.compile(r"[^\W_]+")
_TYPES = [(bool, "bool"), (int, "long"), (float, "real"), (datetime, "datetime"), (timedelta, "timespan")]
_OLD = timedelta(days=2)


class LogsQuery(LocalServer):
    """The workspace's rows for queries. Beside its ingestion endpoint, whose tenant and certificate it shares."""

    def __init__(self, logs: LogsIngestionServer, manager: ResourceManager) -> None:
        super().__init__(clock=logs.clock, tls=logs.certificate.context())
        self._logs, self._manager = logs, manager
        self.denied = False
        self.late = 0
        """How many counts find no row yet."""
        self.hidden: Callable[[Row], bool] = lambda row: False
        """Rows that never become readable."""
        self.absent: set[str] = set()
        """Columns that the tables do not have."""
        self.emptied: set[str] = set()
        """Columns that the collection rule drops."""
        self.answers: dict[str, Answer] = {}
        """The answer to a query that contains a text."""
        self.once: dict[str, list[Answer]] = {}
        """The first answers to a query that contains a text."""
        self.rewrite: Callable[[list[Row]], list[Row]] = list
        """Changes the rows of a query over views."""
        self.asked: list[dict[str, Any]] = []
        """The bodies of all queries, and `prefer` of their heads."""
        self._ingested: dict[Stream, list[Row]] = {stream: [] for stream in STREAMS}
        self._taken: dict[Stream, int] = {}
        self._terms: dict[str, dict[Stream, list[Row]]] = {}

    def effects(self) -> Mapping[str, Effect]:
        """The API's own refusals by name."""
        return {
            "throttled": _throttled,
            "timed-out": lambda *_: refusal(504, "GatewayTimeout", "Gateway timeout"),
            "unavailable": lambda *_: refusal(503, "ServiceUnavailable", "The service is unavailable."),
            "html": lambda *_: Answer(200, b"<html>Sign in</html>", {"content-type": "text/html"}),
        }

    def serve(self, request: Request) -> Answer:
        """The token, the workspace, then the query."""
        if not self._logs.tokens.holds(request.headers.get("authorization", ""), QUERY_SCOPE):
            return refusal(403, "InvalidAuthenticationToken", "The access token is invalid.")
        if request.method != "POST" or request.path != f"/v1/workspaces/{CUSTOMER_ID}/query":
            return refusal(404, "PathNotFoundError", "The requested path does not exist")
        if self.denied:
            text = "The provided credentials have insufficient access to perform the requested operation"
            return refusal(403, "InsufficientAccessError", text)
        content = json.loads(request.body)
        self.asked.append({**content, "prefer": request.headers.get("prefer", "")})
        query = str(content["query"])
        first = next((found for text, found in self.once.items() if text in query and found), None)
        always = next((answer for text, answer in self.answers.items() if text in query), None)
        return (first.pop(0) if first else always) or self._answered(query)

    def _answered(self, query: str) -> Answer:
        self._read()
        try:
            read = front(query)
        except ValueError as error:
            return bad_query("SYN0002", str(error))
        if column := next((one for one in self.absent if re.search(rf"\b{one}\b", query)), None):
            text = f"'where' operator: Failed to resolve column or scalar expression named '{column}'"
            return bad_query("SEM0100", text)
        try:
            rows = self._engine(read).query(read.rest, datetime.now(UTC))
        except (duckdb_kql.KqlError, duckdb.Error) as error:
            return bad_query("SEM0100", str(error).splitlines()[0])
        return result(self.rewrite(rows) if read.views else rows)

    def _engine(self, read: Front) -> Engine:
        functions = {name: SavedFunction(name, one.parameters, f"{one.body}\n") for name, one in read.functions.items()}
        engine = Engine(Library({}, functions, self._watchlists()))
        late = not read.views and self.late > 0
        self.late -= late
        for stream in STREAMS:
            view = read.views.get(TABLES[stream])
            rows = self._ingested[stream] if view is None else self._viewed(stream, view)
            engine.load(stream, [] if late else rows)
        return engine

    def _viewed(self, stream: Stream, view: View) -> Iterator[Row]:
        since = view.since.removesuffix("Z")
        for row in self._terms.get(view.term.lower(), {}).get(stream, ()):
            if view.table == TABLES[stream] and row["TimeGenerated"] >= since:
                yield row

    def _read(self) -> None:
        """Read the new rows, as Azure does."""
        now = datetime.now(UTC).replace(tzinfo=None)
        for stream in STREAMS:
            for content in self._logs.rows_of(f"Custom-{TABLES[stream]}", self._taken.get(stream, 0)):
                self._taken[stream] = self._taken.get(stream, 0) + 1
                row = {name: value for name, value in content.items() if name not in self.absent | self.emptied}
                time = datetime.fromisoformat(row["TimeGenerated"]).replace(tzinfo=None)
                row["TimeGenerated"] = (now if time < now - _OLD else time).isoformat()
                if not self.hidden(row):
                    self._ingested[stream].append(row)
                    self._index(stream, row)

    def _index(self, stream: Stream, row: Row) -> None:
        for term in set(_TERM.findall(json.dumps(row.get("metadata", {}).get("labels", [])).lower())):
            self._terms.setdefault(term, {}).setdefault(stream, []).append(row)

    def _watchlists(self) -> dict[str, list[dict[str, str]]]:
        found = [one["properties"] for key, one in self._manager.resources.items() if "/watchlists/" in key]
        return {one["watchlistAlias"]: [*csv.DictReader(one["rawContent"].splitlines())] for one in found}


def result(rows: list[Row], **beside: Any) -> Answer:
    """Rows as the API gives them: a table with typed columns. `beside`: such as `error`."""
    names = list(rows[0]) if rows else []
    columns = [{"name": name, "type": _type([row[name] for row in rows])} for name in names]
    content = [[_value(row[name]) for name in names] for row in rows]
    return json_answer(200, {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": content}], **beside})


def bad_query(code: str, message: str) -> Answer:
    """A query that is refused: 400, what is wrong in the innermost error."""
    inner = {"code": code, "message": message, "line": 1, "pos": 1}
    content = {"code": "SemanticError", "message": "A semantic error occurred.", "innererror": inner}
    error = {"message": "The request had some invalid properties", "code": "BadArgumentError", "innererror": content}
    return json_answer(400, {"error": error})


def partial(rows: list[Row]) -> Answer:
    """Incomplete rows (page: response format)."""
    inner = {"code": "-2133196797", "message": "Query result set has exceeded the internal record count limit 500000"}
    error = {
        "code": "PartialError",
        "message": "There were some errors with your query.",
        "details": [inner],
    }
    return result(rows, error=error)


def _type(values: list[Any]) -> str:
    first = next((value for value in values if value is not None), None)
    return next((name for kind, name in _TYPES if isinstance(first, kind)), "string")


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='microseconds')}0Z"
    return str(value) if isinstance(value, timedelta) else value


def _throttled(fault: Fault, request: Request, serve: Serve) -> Answer:
    """429 with `Retry-After` (setting `retry_after`, seconds, 1 by default)."""
    after = str(fault.settings.get("retry_after", 1))
    return refusal(429, "ThrottledError", "Rate limit is exceeded", {"Retry-After": after})
