"""The OTLP receiver: who may send, what is handed to the ingest worker, and the response in the client's protocol.

OTLP/HTTP and OTLP/gRPC are two addresses of one server: they share its limits, the token and the ingest worker.

Invariants
    200 (by gRPC: OK) means committed. What could not be committed is answered 503, and the client keeps it.
    No response, log line or metric holds a token or content.

Source: OpenTelemetry protocol, OTLP/HTTP Response: full success, partial success, failures (a `google.rpc.Status` in
the request's own format; 429, 502, 503 and 504 are sent again, all others are not).
"""

import hmac
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from forwarder.config import is_loopback
from forwarder.errors import ForwarderError, Misconfigured
from forwarder.http_server import (
    POST,
    Endpoint,
    HttpError,
    HttpRequest,
    HttpResponse,
    HttpServer,
    Origins,
    Route,
    Tls,
)
from forwarder.otlp.grpc import MEDIA_TYPES, MESSAGE_LENGTH, grpc_failure, grpc_message, grpc_success, rpc_status
from forwarder.otlp.ingest import Commit, DecodeTask, IngestWorker
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import CONTENT_TYPES, FORMATS, LOGS, METRICS, SIGNALS, TRACES, Format, Signal
from forwarder.otlp.workers import StuckWorkers
from forwarder.privacy import Mode
from forwarder.records import Receipt
from forwarder.redaction import shorten

Token = Callable[[], str | None]
"""The bearer token as it is now: it may change while the receiver runs. `None`: there is none.

Raises `ForwarderError` where it cannot be read."""

LISTEN, GRPC_LISTEN = "sources.otlp.listen", "sources.otlp.grpc_listen"
_RESPONSES: dict[Signal, tuple[Any, str]] = {
    LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
    TRACES: (ExportTraceServiceResponse, "rejected_spans"),
}
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 408: 3, 413: 8, 415: 3, 429: 8, 431: 8, 503: 14, 505: 12}
"""HTTP status → code of the `google.rpc.Status`."""
_INTERNAL = 13
_DEFAULTS = OtlpLimits()


class Meter:
    """Called for every request as it is answered, from the receiver's thread. Override what is of interest."""

    def answered(self, path: str, status: int) -> None:
        """`path` is one of OTLP's, or empty. By gRPC the status is 200, whatever the trailers say."""

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """`signal` is `logs`, `metrics` or `traces`; the events are committed, the rejected are the client's to fix."""

    def stuck(self, workers: StuckWorkers) -> None:
        """The number of decoding threads that do not end has changed."""

    def late(self, late: bool) -> None:
        """Whether a commit takes longer than a request waits for it."""

    def refused(self, client: str, error: HttpError) -> None:
        """A request or connection of this address was not served. `error` has the reason; its message has the fix."""

    def token(self, error: ForwarderError | None) -> None:
        """The bearer token could be read, or could not."""


class OtlpServer:
    """Listens from construction, answers from `start`. Raises `Misconfigured` when it cannot or must not.

    `token` gives the bearer token as it is at each request. `mode` is what becomes of content. `origins` are those of
    the web pages that may send by HTTP.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        commit: Commit,
        receipt: Callable[[], Receipt],
        *,
        grpc_listen: tuple[str, int] | None = None,
        token: Token | None = None,
        tls: Tls | None = None,
        origins: Collection[str] = (),
        mode: Mode = "metadata",
        limits: OtlpLimits = _DEFAULTS,
        meter: Meter | None = None,
    ) -> None:
        check_exposure(listen, grpc_listen, token, tls)
        self._receipt = receipt
        self._token = token
        self._mode: Mode = mode
        self._limits = limits
        self._meter = meter or Meter()
        self._worker = IngestWorker(commit, limits, self._meter.stuck, self._meter.late)
        self._http = HttpServer(
            LISTEN,
            listen,
            {signal.path: Route(POST, partial(self._receive, signal), FORMATS) for signal in SIGNALS},
            limits=limits,
            tls=tls,
            authorize=self._authorize,
            origins=Origins("sources.otlp.allowed_origins", origins),
            error_response=_failure,
            other_protocol=_no_grpc(grpc_listen),
            other_protocol_response=grpc_failure,
            responded=self._meter.answered,
            refused=self._meter.refused,
            background=self._worker.run,
            further=[self._grpc(listen, grpc_listen)] if grpc_listen else (),
        )
        self.address = self._http.address
        self.grpc_address = self._http.addresses[1] if grpc_listen else None

    def start(self) -> None:
        """Begin to answer, from a thread of its own."""
        self._http.start()

    def stop(self, grace: float = 5.0) -> None:
        """Accept no new request, answer those in flight within `grace` seconds, end."""
        self._http.stop(grace)

    def _grpc(self, listen: tuple[str, int], grpc_listen: tuple[str, int]) -> Endpoint:
        routes = {s.grpc_path: Route(POST, partial(self._receive_grpc, s), MEDIA_TYPES) for s in SIGNALS}
        other = (
            f"this address serves OTLP/gRPC only; send OTLP/HTTP to port {listen[1]}, or set "
            f"OTEL_EXPORTER_OTLP_PROTOCOL=grpc"
        )
        return Endpoint(GRPC_LISTEN, grpc_listen, routes, "HTTP/2", grpc_failure, other)

    async def _receive(self, signal: Signal, request: HttpRequest) -> HttpResponse:
        """Have the body decoded and committed. Raises `HttpError`."""
        format_ = FORMATS[request.media_type]
        encoding = request.headers.get("content-encoding", "").strip().lower()
        task = await self._ingest(signal, format_, encoding, request.body, request.client)
        return HttpResponse(200, CONTENT_TYPES[format_], _success(signal, format_, task.rejected, task.reasons))

    async def _receive_grpc(self, signal: Signal, request: HttpRequest) -> HttpResponse:
        """The same for the message of a gRPC request."""
        encoding, message = grpc_message(request)
        task = await self._ingest(signal, "protobuf", encoding, message, request.client)
        return grpc_success(_success(signal, "protobuf", task.rejected, task.reasons))

    async def _ingest(self, signal: Signal, format_: Format, encoding: str, body: bytes, client: str) -> DecodeTask:
        task = DecodeTask(signal, format_, encoding, body, self._receipt(), self._mode, self._limits)
        await self._worker.ingest(client, task)
        self._meter.received(signal.name, len(task.events), task.rejected, task.reasons)
        return task

    def _authorize(self, request: HttpRequest) -> None:
        """Raises `HttpError` (401) unless the header `Authorization` holds the token, where there is one."""
        if self._token is None:
            return
        expected, header = self._expected(self._token), request.headers.get("authorization", "")
        scheme, _, given = header.partition(" ")
        proof = given.strip().encode("utf-8", "replace")
        if expected and scheme.lower() == "bearer" and hmac.compare_digest(proof, expected.encode()):
            return
        message, reason = "the bearer token is not the receiver's", "wrong-token"
        if not header:
            message, reason = "no Authorization: Bearer token", "no-token"
        fix = f"{message}; set OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer … to the receiver's token"
        raise HttpError(401, fix, (("www-authenticate", 'Bearer realm="otlp"'),), reason=reason)

    def _expected(self, token: Token) -> str | None:
        """The receiver's token. Raises `HttpError` (503) where it cannot be read: the client keeps its data."""
        try:
            expected = token()
        except ForwarderError as error:
            self._meter.token(error)
            message = "the receiver cannot read its bearer token, see its log"
            raise HttpError(503, message, retry_after=self._limits.retry_after) from None
        self._meter.token(None)
        return expected


def check_exposure(
    listen: tuple[str, int], grpc_listen: tuple[str, int] | None, token: Token | None, tls: Tls | None
) -> None:
    """Raises `Misconfigured` where anybody on the network could send."""
    if token or (tls and tls.client_ca):  # with a token, TLS may end at a proxy in front
        return
    for setting, address in ((LISTEN, listen), (GRPC_LISTEN, grpc_listen)):
        if address and not is_loopback(address[0]):
            raise Misconfigured(
                f"{setting}: {address[0]} is reachable from outside; set a bearer token or client certificates (mTLS), "
                f"or listen on 127.0.0.1"
            )


def _no_grpc(grpc_listen: tuple[str, int] | None) -> str:
    """What a client is answered that speaks gRPC to the address of OTLP/HTTP."""
    where = f"send OTLP/gRPC to port {grpc_listen[1]}" if grpc_listen else f"set {GRPC_LISTEN} to accept OTLP/gRPC"
    return f"this address serves OTLP/HTTP only; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or {where}"


def _success(signal: Signal, format_: Format, rejected: int, reasons: Sequence[str]) -> bytes:
    """The body of a 200. Where records were rejected, how many and why."""
    if not rejected:
        return b"{}" if format_ == "json" else b""
    message = shorten("; ".join(reasons), MESSAGE_LENGTH)
    if format_ == "json":
        return orjson.dumps({"partialSuccess": {signal.rejected: str(rejected), "errorMessage": message}})
    response_type, count = _RESPONSES[signal]
    response = response_type()
    setattr(response.partial_success, count, rejected)
    response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def _failure(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """Any other response: a `google.rpc.Status`. A fault of ours is a 503, which clients send again, never a 500."""
    format_: Format = FORMATS.get(request.media_type, "protobuf") if request else "protobuf"
    status = 503 if error.status == 500 else error.status
    code, message = _CODES.get(error.status, _INTERNAL), error.message[:MESSAGE_LENGTH]
    body = orjson.dumps({"code": code, "message": message}) if format_ == "json" else rpc_status(code, message)
    return HttpResponse(status, CONTENT_TYPES[format_], body, error.headers)
