"""What clients are answered, by HTTP and by gRPC: success, partial success, and a `google.rpc.Status` for the rest.

Sources: OpenTelemetry protocol, OTLP/HTTP Response and OTLP/gRPC Throttling (429, 502, 503 and 504 are sent again; by
gRPC UNAVAILABLE, and RESOURCE_EXHAUSTED with a `RetryInfo`); gRPC over HTTP2, Responses.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from forwarder.http_server import HttpError, HttpRequest, HttpResponse
from forwarder.otlp.protocol import CONTENT_TYPES, FORMATS, LOGS, METRICS, TRACES, Format, Signal

GRPC = "application/grpc"
_MESSAGE_LENGTH = 1000
_RESPONSES: dict[Signal, tuple[Any, str]] = {
    LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
    TRACES: (ExportTraceServiceResponse, "rejected_spans"),
}
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 408: 3, 413: 8, 415: 3, 429: 8, 431: 8, 503: 14, 505: 12}
"""HTTP status → code of the `google.rpc.Status`."""
_INTERNAL = 13
_GRPC_CODES = _CODES | {404: 12, 408: 4, 415: 12, 500: 14}
"""The same by gRPC: a service or compression that does not exist is UNIMPLEMENTED, a slow body DEADLINE_EXCEEDED."""
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"
_GRPC_HEADERS = (("grpc-accept-encoding", "identity,gzip,deflate"),)


def success(signal: Signal, format_: Format, rejected: int, reasons: Sequence[str]) -> HttpResponse:
    """A 200. Where records were rejected, how many and why."""
    return HttpResponse(200, CONTENT_TYPES[format_], _success(signal, format_, rejected, reasons))


def grpc_success(signal: Signal, rejected: int, reasons: Sequence[str]) -> HttpResponse:
    """The same by gRPC."""
    message = _success(signal, "protobuf", rejected, reasons)
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    return HttpResponse(200, GRPC, framed, _GRPC_HEADERS, trailers=(("grpc-status", "0"),))


def failure(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """Any other response: a `google.rpc.Status`. A fault of ours is a 503, which clients send again, never a 500."""
    format_: Format = FORMATS.get(request.media_type, "protobuf") if request else "protobuf"
    status = 503 if error.status == 500 else error.status
    code, message = _CODES.get(error.status, _INTERNAL), error.message[:_MESSAGE_LENGTH]
    body = orjson.dumps({"code": code, "message": message}) if format_ == "json" else _rpc_status(code, message)
    return HttpResponse(status, CONTENT_TYPES[format_], body, error.headers)


def grpc_failure(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """The same by gRPC; plain text for a request that is none of gRPC."""
    if request is None or not request.media_type.startswith(GRPC):
        return HttpResponse(error.status, "text/plain; charset=utf-8", f"{error.message}\n".encode(), error.headers)
    code, message = _GRPC_CODES.get(error.status, _INTERNAL), error.message[:_MESSAGE_LENGTH]
    trailers = [("grpc-status", str(code)), ("grpc-message", quote(message, safe=" !\"#$&'()*+,/:;<=>?@[]^`{|}~"))]
    if error.retry_after is not None:
        info = _field(1, _varint_field(1, error.retry_after))
        trailers += [
            ("grpc-status-details-bin", _base64(_rpc_status(code, message, info))),
            ("google.rpc.retryinfo-bin", _base64(info)),  # where the exporter for Python looks for it
        ]
    return HttpResponse(200, GRPC, b"", _GRPC_HEADERS, trailers=tuple(trailers))


def _success(signal: Signal, format_: Format, rejected: int, reasons: Sequence[str]) -> bytes:
    if not rejected:
        return b"{}" if format_ == "json" else b""
    message = "; ".join(reasons)[:_MESSAGE_LENGTH]
    if format_ == "json":
        return orjson.dumps({"partialSuccess": {signal.rejected: str(rejected), "errorMessage": message}})
    response_type, count = _RESPONSES[signal]
    response = response_type()
    setattr(response.partial_success, count, rejected)
    response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def _rpc_status(code: int, message: str, retry_info: bytes = b"") -> bytes:
    """A `google.rpc.Status`: code, message, and as detail how long to wait (a `google.rpc.RetryInfo`), if any."""
    encoded = _varint_field(1, code) + _field(2, message.encode())
    if retry_info:
        encoded += _field(3, _field(1, _RETRY_INFO) + _field(2, retry_info))
    return encoded


def _base64(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def _field(number: int, content: bytes) -> bytes:
    """A field of protobuf's that holds bytes, text or a message."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint_field(number: int, value: int) -> bytes:
    return bytes([number << 3]) + _varint(value)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
