"""Queries put to the workspace by the Log Analytics query API.

Sources: Azure Monitor, *Log Analytics query API*: response format (`PartialError` beside rows), errors (`innererror`
says what is wrong), timeouts (`Prefer: wait`, 504), throttling (429; five queries of a user at a time, more wait in a
queue); Kusto, *Scalar data types* for values as JSON.
"""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import DecodeError, HttpResponseError

from forwarder.azure.connection import Azure
from forwarder.errors import Reject, Retry
from forwarder.http_client import backoff
from forwarder.siem.stories import Rows

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineResponse

SECONDS = 120
"""For one query, there; the API's own limit is ten minutes."""
_ON_THE_WAY = 30
PATIENCE = 90.0
"""Seconds for which a busy service is asked again. Once it was given up on, each query is asked only once until one is
answered.
"""
SLOW, PARTIAL = "query-slow", "query-partial"
"""Reasons of a `Reject`."""
_TIMED_OUT = 504
_NOTHING = "None"
"""What Microsoft's client makes of a timespan or guid that is null."""


class Queries:
    """The workspace as queries see it."""

    def __init__(self, azure: Azure, customer_id: str, patience: float = PATIENCE) -> None:
        """`customer_id` is the workspace's own id, as its Properties show it. `patience` is in seconds."""
        self._azure = azure
        self._customer_id = customer_id
        self._patience = patience
        self._given_up = False

    def rows(self, query: str, seconds: int = SECONDS) -> Rows:
        """The rows of a query, over all time: values as JSON has them, times in ISO 8601.

        Raises `Reject` when the query is refused, slow or answered in part, `Retry` when nobody answers or all are
        busy, and as `Azure.asked`.
        """
        until, failures = time.monotonic() + (0 if self._given_up else self._patience), 0
        while True:
            try:
                found = self._asked(query, seconds)
            except Retry as busy:
                failures += 1
                self._given_up = time.monotonic() > until
                if self._given_up:
                    raise
                time.sleep(busy.after if busy.after is not None else backoff(0.5, failures))
            else:
                self._given_up = False
                return found

    def _asked(self, query: str, seconds: int) -> Rows:
        options: dict[str, Any] = {"read_timeout": seconds + _ON_THE_WAY, "retry_total": 0}
        options |= {"server_timeout": seconds, "timespan": None, "raw_response_hook": _expect_json}
        with self._azure.asked("the query"):
            try:
                answer = self._azure.logs.query_workspace(self._customer_id, query, **options)
            except HttpResponseError as error:
                if error.status_code == _TIMED_OUT:
                    raise Reject(SLOW, f"the query took longer than {seconds} s") from None
                raise
        if lacking := getattr(answer, "partial_error", None):
            raise Reject(PARTIAL, f"the rows are not all: {lacking.code} ({lacking.message})")
        return [_row(table, row) for table in list(answer)[:1] for row in table.rows]


def _expect_json(answer: "PipelineResponse[Any, Any]") -> None:
    """Microsoft's client takes whatever answers for the API, and fails without a word of its own where it is not."""
    response = answer.http_response
    try:
        response.json()
    except ValueError:
        kind = DecodeError if response.status_code < 400 else HttpResponseError
        raise kind(f"HTTP {response.status_code} without JSON", response=response) from None


def _row(table: Any, row: Any) -> dict[str, Any]:
    told = zip(table.columns, table.columns_types, row, strict=True)
    return {name: _plain(kind, value) for name, kind, value in told}


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat()
    if kind in ("timespan", "guid") and value == _NOTHING:
        return None
    return _listed(value) if kind == "dynamic" and value is not None else value


def _listed(value: Any) -> Any:
    """A list of plain values is one; any other dynamic value is text. It comes as JSON in a string, or as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    try:
        told = json.loads(text)
    except ValueError:
        return text
    whole = isinstance(told, list) and not any(isinstance(one, (dict, list)) for one in told)
    return told if whole else text
