"""Azure Monitor's Logs Ingestion API for one data collection rule, with its token endpoint, over TLS.

Source: learn.microsoft.com "Logs Ingestion API in Azure Monitor", limits and tutorial pages.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from forwarder.simulator.azure_tokens import TokenIssuer
from forwarder.simulator.certificates import make_certificate
from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.destination import BadEncodingError, DestinationServer, plain_body
from forwarder.simulator.faults import Effect, Fault, Serve
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import Control, json_answer

RULE_ID = "dcr-0123456789abcdef0123456789abcdef"
STREAMS = ("Custom-ClaudeActivity_CL", "Custom-ClaudeUsage_CL", "Custom-ClaudeAgent_CL", "Custom-ClaudeContent_CL")
MAX_BODY = 1_048_576
"""Bytes a call may have, both as sent and uncompressed."""
MAX_FIELD = 64 * 1024
"""Bytes a field may have; longer ones are cut silently."""

_PATH = re.compile(r"/dataCollectionRules/([^/]+)/streams/([^/]+)")


def refusal(status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Azure's error body."""
    return json_answer(status, {"error": {"code": code, "message": message}}, headers)


def _throttled(fault: Fault, request: Request, serve: Serve) -> Answer:
    """429 with `Retry-After` (setting `retry_after`, seconds, default 1)."""
    after = str(fault.settings.get("retry_after", 1))
    return refusal(429, "TooManyRequests", "The request was throttled.", {"Retry-After": after})


def _fixed(status: int, code: str | None, message: str) -> Effect:
    return lambda fault, request, serve: refusal(status, code, message)


_EFFECTS: Mapping[str, Effect] = {
    "throttled": _throttled,
    "server-error": _fixed(500, "InternalServerError", "An internal error occurred."),
    "unavailable": _fixed(503, "ServiceUnavailable", "The service is unavailable."),
    "token-expired": _fixed(401, "InvalidToken", "The access token has expired."),
    "role-missing": _fixed(403, "OperationFailed", "The authentication token has no access to the rule."),
    "too-large": _fixed(413, "ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes (1 MB)."),
    "refused": _fixed(400, "InvalidPayload", "The payload is refused."),
}


class LogsIngestionServer(DestinationServer):
    """One rule's endpoint and its tenant's token endpoint. The certificate is written to `directory`.

    `role_granted=False`: every call is refused with 403 until `grant()`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        clock: SimulatedClock | None = None,
        keep_events: bool = False,
        rule_id: str = RULE_ID,
        streams: tuple[str, ...] = STREAMS,
        role_granted: bool = True,
        token_lifetime: int = 3600,
    ) -> None:
        self.certificate = make_certificate(directory)
        super().__init__(port=port, clock=clock, tls=self.certificate.context(), keep_events=keep_events)
        self.ca_file = self.certificate.ca
        self.tokens = TokenIssuer(self.clock, token_lifetime)
        self.rule_id, self.streams = rule_id, streams
        self.role_granted = role_granted
        self.truncated_fields: dict[str, int] = {}
        self.rows_by_stream: dict[str, int] = {}
        self._kept: dict[str, list[str]] = {}

    def rows_of(self, stream: str, since: int = 0) -> Iterator[dict[str, Any]]:
        """The rows kept of a stream (`keep_events`) so far, without the first `since`, parsed one by one."""
        with self._lock:
            return map(json.loads, self._kept.get(stream, [])[since:])

    def effects(self) -> Mapping[str, Effect]:
        """Azure's refusals by name."""
        return _EFFECTS

    def grant(self, granted: bool = True) -> None:
        """Give (or take) the role Monitoring Metrics Publisher."""
        self.role_granted = granted

    def controls(self) -> dict[tuple[str, str], Control]:
        """The role and the tokens, for a forwarder in another process."""
        return {
            **super().controls(),
            ("POST", "role/grant"): lambda _: self.grant(),
            ("POST", "role/revoke"): lambda _: self.grant(False),
            ("POST", "tokens/expire"): lambda _: self.tokens.expire_all(),
            ("GET", "truncated"): lambda _: self.truncated_fields,
        }

    def serve(self, request: Request) -> Answer:
        """Tokens, or rows for a stream."""
        if request.path.endswith("/v2.0/.well-known/openid-configuration"):
            return self.tokens.configuration(self.url)
        if request.path == "/msi/token":
            return self.tokens.grant_to_machine(request)
        if request.path.endswith("/oauth2/v2.0/token"):
            return self.tokens.grant(request)
        target = _PATH.fullmatch(request.path)
        if target is None or request.method != "POST" or "api-version" not in dict(request.query):
            return refusal(404, "NotFound", "The resource was not found.")
        return self._refuse(request, *target.groups()) or self._take(request, target[2])

    def _refuse(self, request: Request, rule: str, stream: str) -> Answer | None:
        if not self.tokens.holds(request.headers.get("authorization", "")):
            return refusal(401, "InvalidToken", "The access token is missing, malformed or expired.")
        if rule != self.rule_id:
            return refusal(404, "NotFound", f"Data collection rule with immutable Id '{rule}' not found.")
        if not self.role_granted:
            return refusal(
                403,
                "OperationFailed",
                f"The authentication token provided does not have access to ingest data for the data collection"
                f" rule with immutable Id '{rule}'.",
            )
        if stream not in self.streams:
            return refusal(400, "InvalidStream", f"The stream {stream} was not found in the rule {rule}.")
        return None

    def _take(self, request: Request, stream: str) -> Answer:
        if not request.body:
            return refusal(500, None, "")
        try:
            raw = plain_body(request)
            rows = orjson.loads(raw)
        except (BadEncodingError, orjson.JSONDecodeError):
            return refusal(400, "InvalidPayload", "The payload is not valid JSON.")
        size = max(len(request.body), len(raw))
        if size > MAX_BODY:
            return _too_large(size)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return refusal(400, "InvalidPayload", "The payload must be a JSON array of objects.")
        self._keep(rows, stream, len(raw))
        return Answer(204)

    def _keep(self, rows: list[dict[str, Any]], stream: str, size: int) -> None:
        for row in rows:
            for column, value in row.items():
                if isinstance(value, (str, dict, list)) and _bytes(value) > MAX_FIELD:
                    self.truncated_fields[column] = self.truncated_fields.get(column, 0) + 1
        self.rows_by_stream[stream] = self.rows_by_stream.get(stream, 0) + len(rows)
        before = len(self.delivered.texts)
        self.delivered.store([str(row.get("EventUid", "")) for row in rows], rows, size)
        self._kept.setdefault(stream, []).extend(self.delivered.texts[before:])


def _bytes(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(orjson.dumps(value))


def _too_large(size: int) -> Answer:
    return refusal(
        413,
        "ContentLengthLimitExceeded",
        f"Maximum allowed content length: {MAX_BODY} bytes (1 MB). Provided content length: {size} bytes.",
    )
