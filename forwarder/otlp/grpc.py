"""OTLP/gRPC: the one message of a request as a body, with the encoding that its client chose.

Source: gRPC over HTTP2, Requests: a message is a flag (compressed or not), its length in 4 bytes, and its bytes.
"""

from forwarder.http_server import HttpRequest
from forwarder.otlp.protocol import malformed
from forwarder.otlp.responses import GRPC

MEDIA_TYPES = (GRPC, f"{GRPC}+proto")
_PREFIX = 5


def message_of(request: HttpRequest) -> tuple[str, bytes]:
    """The message's encoding and bytes. Raises `HttpError` (400) for anything but exactly one message."""
    body = request.body
    if len(body) < _PREFIX or int.from_bytes(body[1:_PREFIX], "big") != len(body) - _PREFIX:
        raise malformed("the request is not exactly one gRPC message")
    if body[0] > 1:
        raise malformed("the message's first byte says neither compressed nor uncompressed")
    encoding = request.headers.get("grpc-encoding", "identity").strip().lower()
    if body[0] and encoding == "identity":
        raise malformed("the message is compressed, but there is no grpc-encoding")
    return (encoding if body[0] else "identity"), body[_PREFIX:]
