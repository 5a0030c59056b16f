"""What a client is told, in the format it spoke: success, partial success, a status that says why not.

Source: OpenTelemetry protocol, OTLP/HTTP Response: full success, partial success, failures; `google.rpc.Status`.
"""

from collections.abc import Sequence
from typing import Any, Literal

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from forwarder.otlp.refusal import LOGS, METRICS, TRACES, Kind, Refusal

Format = Literal["protobuf", "json"]
CONTENT_TYPES: dict[Format, str] = {"protobuf": "application/x-protobuf", "json": "application/json"}
FORMATS: dict[str, Format] = {content_type: name for name, content_type in CONTENT_TYPES.items()}
_LONGEST = 1000
_RESPONSES: dict[Kind, tuple[Any, str]] = {
    LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
    TRACES: (ExportTraceServiceResponse, "rejected_spans"),
}


def success(kind: Kind, format_: Format, rejected: int, reasons: Sequence[str]) -> bytes:
    """The body of a 200. Where records were refused, how many and why."""
    if not rejected:
        return b"{}" if format_ == "json" else b""
    message = "; ".join(reasons)[:_LONGEST]
    if format_ == "json":
        return orjson.dumps({"partialSuccess": {kind.rejected: str(rejected), "errorMessage": message}})
    response_type, count = _RESPONSES[kind]
    response = response_type()
    setattr(response.partial_success, count, rejected)
    response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def failure(refusal: Refusal, format_: Format) -> bytes:
    """The body of any other answer: a `google.rpc.Status`."""
    message = refusal.message[:_LONGEST]
    if format_ == "json":
        return orjson.dumps({"code": refusal.code, "message": message})
    text = message.encode()
    return b"\x08" + _varint(refusal.code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
