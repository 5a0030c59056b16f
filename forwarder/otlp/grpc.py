"""OTLP/gRPC: the message of a request, and what its client is answered.

Sources: gRPC over HTTP2, Requests and Responses: a message is a flag (compressed or not), its length in 4 bytes, and
its bytes; OpenTelemetry protocol, OTLP/gRPC Throttling: UNAVAILABLE is sent again, and so is RESOURCE_EXHAUSTED with a
`RetryInfo`.
"""

from base64 import b64encode
from urllib.parse import quote

from forwarder.http_server import HttpError, HttpRequest, HttpResponse
from forwarder.otlp.protobuf_wire import varint
from forwarder.otlp.protocol import malformed

GRPC = "application/grpc"
MEDIA_TYPES = (GRPC, f"{GRPC}+proto")
MESSAGE_LENGTH = 1000
"""Characters of the text that explains an error."""
_PREFIX = 5
_CODES = {400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 408: 4, 413: 8, 415: 12, 429: 8, 431: 8, 505: 12}
"""HTTP status → gRPC status: no such service or compression is UNIMPLEMENTED, a slow body DEADLINE_EXCEEDED."""
_UNAVAILABLE = 14
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"
_HEADERS = (("grpc-accept-encoding", "identity,gzip,deflate"),)


def grpc_message(request: HttpRequest) -> tuple[str, bytes]:
    """Encoding and bytes of a gRPC request's message. Raises `HttpError` (400) where it is not exactly one."""
    body = request.body
    if len(body) < _PREFIX or int.from_bytes(body[1:_PREFIX], "big") != len(body) - _PREFIX:
        raise malformed("the request is not exactly one gRPC message")
    if body[0] > 1:
        raise malformed("the message's first byte says neither compressed nor uncompressed")
    encoding = request.headers.get("grpc-encoding", "identity").strip().lower()
    if body[0] and encoding == "identity":
        raise malformed("the message is compressed, but there is no grpc-encoding")
    return (encoding if body[0] else "identity"), body[_PREFIX:]


def grpc_success(message: bytes) -> HttpResponse:
    """The message of a response."""
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    return HttpResponse(200, GRPC, framed, _HEADERS, trailers=(("grpc-status", "0"),))


def grpc_failure(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """Any other response; plain text for a request that is none of gRPC. A fault of ours is UNAVAILABLE."""
    if request is None or not request.media_type.startswith(GRPC):
        return HttpResponse(error.status, "text/plain; charset=utf-8", f"{error.message}\n".encode(), error.headers)
    code, message = _CODES.get(error.status, _UNAVAILABLE), error.message[:MESSAGE_LENGTH]
    trailers = [("grpc-status", str(code)), ("grpc-message", quote(message, safe=" !\"#$&'()*+,/:;<=>?@[]^`{|}~"))]
    if error.retry_after is not None:
        info = _field(1, _varint_field(1, error.retry_after))
        trailers += [
            ("grpc-status-details-bin", _base64(rpc_status(code, message, info))),
            ("google.rpc.retryinfo-bin", _base64(info)),  # where the exporter for Python looks for it
        ]
    return HttpResponse(200, GRPC, b"", _HEADERS, trailers=tuple(trailers))


def rpc_status(code: int, message: str, retry_info: bytes = b"") -> bytes:
    """A `google.rpc.Status`: code, message, and as detail how long to wait (a `google.rpc.RetryInfo`), if any."""
    encoded = _varint_field(1, code) + _field(2, message.encode())
    if retry_info:
        encoded += _field(3, _field(1, _RETRY_INFO) + _field(2, retry_info))
    return encoded


def _base64(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def _field(number: int, content: bytes) -> bytes:
    """A field of protobuf's that holds bytes, text or a message."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def _varint_field(number: int, value: int) -> bytes:
    return bytes([number << 3]) + varint(value)
