"""Why a request gets no 200: an HTTP status, a gRPC code for the body, and a sentence for the person who reads it.

Source: OpenTelemetry protocol, OTLP/HTTP Response, Failures: a `google.rpc.Status`, in the request's own format; 429,
502, 503 and 504 are sent again, all others are not.
"""

from typing import NamedTuple

INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED = 3, 5, 7, 8
UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 12, 13, 14, 16


class Refusal(Exception):
    """The request is refused whole. `retry_after` in seconds, where it may come again."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        retry_after: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.headers = headers


class Kind(NamedTuple):
    """A kind of telemetry: where it is sent, and what its partial success calls the refused."""

    name: str
    path: str
    rejected: str


LOGS = Kind("logs", "/v1/logs", "rejectedLogRecords")
METRICS = Kind("metrics", "/v1/metrics", "rejectedDataPoints")
TRACES = Kind("traces", "/v1/traces", "rejectedSpans")
KINDS = {kind.path: kind for kind in (LOGS, METRICS, TRACES)}


def malformed(message: str) -> Refusal:
    """The body is not what it says it is; sent again it would be no better."""
    return Refusal(400, INVALID_ARGUMENT, message)
