"""Queries of the workspace through the Log Analytics query API.

Sources: Azure Monitor, *Log Analytics query API*: response format (`PartialError` beside rows), errors (`innererror`
holds the reason), timeouts (`Prefer: wait`, 504), throttling (429; five queries of a user at a time, more wait in a
queue); Kusto, *Scalar data types* for values as JSON.
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import DecodeError, HttpResponseError

from forwarder.azure.connection import Azure
from forwarder.errors import Reject
from forwarder.siem.calls import BusyRetries
from forwarder.siem.test_cases import Rows

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineResponse

SECONDS = 120
"""Of the server for one query; the API's own limit is ten minutes."""
_NETWORK_SECONDS = 30
SLOW, PARTIAL = "query-slow", "query-partial"
"""Reasons of a `Reject`."""
_TIMED_OUT = 504
_NULL = "None"
"""A null timespan or guid, as Microsoft's client returns it."""


class WorkspaceQueries:
    """Runs queries in the workspace, again while Azure is busy."""

    def __init__(self, azure: Azure, customer_id: str, retries: BusyRetries | None = None) -> None:
        """`customer_id` is the workspace's own id, as its Properties show it."""
        self._azure = azure
        self._customer_id = customer_id
        self._retries = retries or BusyRetries()

    def rows(self, query: str, seconds: int = SECONDS) -> Rows:
        """The rows of a query, over all time: values as in JSON, times in ISO 8601.

        Raises `Reject` when the query is refused, slow or answered in part, `Retry` when Azure stays busy or does not
        answer, and as `Azure.request`.
        """
        return self._retries.call(lambda: self._run(query, seconds))

    def _run(self, query: str, seconds: int) -> Rows:
        options: dict[str, Any] = {"read_timeout": seconds + _NETWORK_SECONDS, "retry_total": 0}
        options |= {"server_timeout": seconds, "timespan": None, "raw_response_hook": _expect_json}
        with self._azure.request("the query"):
            try:
                answer = self._azure.logs.query_workspace(self._customer_id, query, **options)
            except HttpResponseError as error:
                if error.status_code == _TIMED_OUT:
                    raise Reject(SLOW, f"the query took longer than {seconds} s") from None
                raise
        if missing := getattr(answer, "partial_error", None):
            raise Reject(PARTIAL, f"the rows are incomplete: {missing.code} ({missing.message})")
        return [_row(table, row) for table in list(answer)[:1] for row in table.rows]


def _expect_json(answer: "PipelineResponse[Any, Any]") -> None:
    """Microsoft's client takes any answer for the API's, and fails with an unrelated error where it is not JSON."""
    response = answer.http_response
    try:
        response.json()
    except ValueError:
        kind = DecodeError if response.status_code < 400 else HttpResponseError
        raise kind(f"HTTP {response.status_code} without JSON", response=response) from None


def _row(table: Any, row: Any) -> dict[str, Any]:
    values = zip(table.columns, table.columns_types, row, strict=True)
    return {name: _plain(kind, value) for name, kind, value in values}


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat()
    if kind in ("timespan", "guid") and value == _NULL:
        return None
    return _listed(value) if kind == "dynamic" and value is not None else value


def _listed(value: Any) -> Any:
    """A list of plain values is one; any other dynamic value is text. It comes as JSON in a string, or as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    try:
        decoded = json.loads(text)
    except ValueError:
        return text
    plain = isinstance(decoded, list) and not any(isinstance(one, (dict, list)) for one in decoded)
    return decoded if plain else text
