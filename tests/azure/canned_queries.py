"""The Log Analytics query API as far as `check` asks it: what each table is said to hold, as rows of an answer.

Source: Log Analytics query API, *Response format*.
"""

from typing import Any

import orjson

from forwarder.simulator import LogsIngestionServer
from forwarder.simulator.azure_tokens import QUERY_SCOPE
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.logs_ingestion import refusal
from forwarder.simulator.server import LocalServer, json_answer
from tests.azure.standin import CUSTOMER_ID, RULE

ROWS: dict[str, dict[str, tuple[str, Any]]] = {
    "ClaudeActivity_CL": {
        "newest": ("datetime", "2026-04-15T11:58:00Z"),
        "n": ("long", 288),
        "minutes": ("long", 2),
    },
    "DCRLogErrors": {"n": ("long", 0), "said": ("string", ""), "stream": ("string", "")},
}
"""Type and value of each column, by the table that is asked."""


class CannedQueries(LocalServer):
    """One workspace. `rows`: the one row that a query of a table gives."""

    def __init__(self, logs: LogsIngestionServer) -> None:
        super().__init__(clock=logs.clock, tls=logs.certificate.context())
        self.tokens = logs.tokens
        self.rows = {table: dict(row) for table, row in ROWS.items()}
        self.refused: Answer | None = None
        """What every query gets instead."""

    def serve(self, request: Request) -> Answer:
        """`POST /v1/workspaces/{id}/query`."""
        if not self.tokens.holds(request.headers.get("authorization", ""), QUERY_SCOPE):
            return refusal(401, "InvalidTokenError", "Invalid token.")
        if (request.method, request.path) != ("POST", f"/v1/workspaces/{CUSTOMER_ID}/query"):
            return refusal(404, "PathNotFoundError", "The requested path does not exist.")
        if self.refused:
            return self.refused
        query = orjson.loads(request.body)["query"]
        (table,) = (name for name in self.rows if name in query)
        if table == "DCRLogErrors" and f"_ResourceId =~ '{RULE}'" not in query:
            return refusal(400, "BadArgumentError", "The request had some invalid properties")
        row = self.rows[table]
        columns = [{"name": name, "type": kind} for name, (kind, _) in row.items()]
        told = {"name": "PrimaryResult", "columns": columns, "rows": [[value for _, value in row.values()]]}
        return json_answer(200, {"tables": [told]})
