"""The OTLP/HTTP receiver: who may send, what is handed to the ingest worker, and the response in the client's format.

Invariants
    200 means committed. What could not be committed is answered 503, and the client keeps it.
    No response, log line or metric holds a token or content.

Source: OpenTelemetry protocol, OTLP/HTTP Response: full success, partial success, failures (a `google.rpc.Status` in
the request's own format; 429, 502, 503 and 504 are sent again, all others are not).
"""

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from forwarder.config import is_loopback
from forwarder.errors import Misconfigured
from forwarder.http_server import POST, HttpError, HttpRequest, HttpResponse, HttpServer, Route, Tls
from forwarder.otlp.ingest import Commit, DecodeTask, IngestWorker
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import CONTENT_TYPES, FORMATS, LOGS, METRICS, SIGNALS, TRACES, Format, Signal
from forwarder.privacy import Mode
from forwarder.records import Receipt
from forwarder.redaction import shorten

Token = Callable[[], str | None]
"""The bearer token as it is now: it may change while the receiver runs. `None`: there is none."""

_MESSAGE_LENGTH = 1000
_RESPONSES: dict[Signal, tuple[Any, str]] = {
    LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
    TRACES: (ExportTraceServiceResponse, "rejected_spans"),
}
_GRPC_CODES = {400: 3, 401: 16, 404: 5, 405: 12, 408: 3, 413: 8, 415: 3, 429: 8, 431: 8, 503: 14}
"""HTTP status → code of the `google.rpc.Status`."""
_INTERNAL = 13
_DEFAULTS = OtlpLimits()


class Meter:
    """Called for every request as it is answered, from the receiver's thread. Override what is of interest."""

    def answered(self, path: str, status: int) -> None:
        """`path` is one of the three of OTLP, or empty."""

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """`signal` is `logs`, `metrics` or `traces`; the events are committed, the rejected are the client's to fix."""


class OtlpServer:
    """Listens from construction, answers from `start`. Raises `Misconfigured` when it cannot or must not.

    `token` gives the bearer token as it is at each request. `mode` is what becomes of content.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        commit: Commit,
        receipt: Callable[[], Receipt],
        *,
        token: Token | None = None,
        tls: Tls | None = None,
        mode: Mode = "metadata",
        limits: OtlpLimits = _DEFAULTS,
        meter: Meter | None = None,
    ) -> None:
        check_exposure(listen[0], token, tls)
        self._receipt = receipt
        self._token = token
        self._mode: Mode = mode
        self._limits = limits
        self._meter = meter or Meter()
        self._worker = IngestWorker(commit, limits)
        self._http = HttpServer(
            "sources.otlp.listen",
            listen,
            {signal.path: Route(POST, partial(self._receive, signal), FORMATS) for signal in SIGNALS},
            limits=limits,
            tls=tls,
            authorize=self._authorize,
            error_response=_failure,
            responded=self._meter.answered,
            background=self._worker.run,
        )
        self.address = self._http.address

    def start(self) -> None:
        """Begin to answer, from a thread of its own."""
        self._http.start()

    def stop(self, grace: float = 5.0) -> None:
        """Accept no new request, answer those in flight within `grace` seconds, end."""
        self._http.stop(grace)

    async def _receive(self, signal: Signal, request: HttpRequest) -> HttpResponse:
        """Have the body decoded and committed. Raises `HttpError`."""
        format_ = FORMATS[request.media_type]
        encoding = request.headers.get("content-encoding", "").strip().lower()
        task = DecodeTask(signal, format_, encoding, request.body, self._receipt(), self._mode, self._limits)
        await self._worker.ingest(request.client, task)
        self._meter.received(signal.name, len(task.events), task.rejected, task.reasons)
        return HttpResponse(200, CONTENT_TYPES[format_], _success(signal, format_, task.rejected, task.reasons))

    def _authorize(self, request: HttpRequest) -> None:
        """Raises `HttpError` (401) unless the header `Authorization` holds the token, where there is one."""
        if self._token is None:
            return
        expected, header = self._token(), request.headers.get("authorization", "")
        scheme, _, given = header.partition(" ")
        proof = given.strip().encode("utf-8", "replace")
        if expected and scheme.lower() == "bearer" and hmac.compare_digest(proof, expected.encode()):
            return
        message = "the bearer token is not the receiver's" if header else "no Authorization: Bearer token"
        raise HttpError(401, message, (("www-authenticate", 'Bearer realm="otlp"'),))


def check_exposure(host: str, token: Token | None, tls: Tls | None) -> None:
    """Raises `Misconfigured` where anybody on the network could send."""
    if is_loopback(host) or token or (tls and tls.client_ca):  # with a token, TLS may end at a proxy in front
        return
    raise Misconfigured(
        f"sources.otlp.listen: {host} is reachable from outside; set a bearer token or client certificates (mTLS), "
        f"or listen on 127.0.0.1"
    )


def _success(signal: Signal, format_: Format, rejected: int, reasons: Sequence[str]) -> bytes:
    """The body of a 200. Where records were rejected, how many and why."""
    if not rejected:
        return b"{}" if format_ == "json" else b""
    message = shorten("; ".join(reasons), _MESSAGE_LENGTH)
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
    code, message = _GRPC_CODES.get(error.status, _INTERNAL), error.message[:_MESSAGE_LENGTH]
    if format_ == "json":
        body = orjson.dumps({"code": code, "message": message})
    else:
        text = message.encode()
        body = b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text
    return HttpResponse(status, CONTENT_TYPES[format_], body, error.headers)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
