"""Requests, responses, routes, endpoints, and the error that becomes a response."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Literal, NamedTuple

from forwarder.redaction import redact

Headers = tuple[tuple[str, str], ...]
Protocol = Literal["HTTP/1.1", "HTTP/2"]


class HttpRequest(NamedTuple):
    """A request. Header names are in lower case; the path has no query; the client is an address without its port."""

    method: str
    path: str
    headers: Mapping[str, str]
    client: str
    media_type: str
    """`Content-Type` in lower case without its parameters; empty where there is none."""
    body: bytes = b""


class HttpResponse(NamedTuple):
    """A response. `Content-Length` and `Connection` are the server's to set; trailers are for HTTP/2 only."""

    status: int
    content_type: str
    body: bytes
    headers: Headers = ()
    close: bool = False
    trailers: Headers = ()


_REASONS = {
    400: "malformed",
    401: "no-token",
    403: "origin",
    404: "path",
    405: "method",
    408: "slow",
    413: "too-large",
    415: "content-type",
    421: "host",
    429: "busy",
    431: "too-large",
}


class HttpError(Exception):
    """The request is refused with this status. The message is for the person who reads the response or the log.

    It never quotes a header's value, and holds no secret. `reason` is a short stable code, by default that of the
    status; `retry_after` is in seconds.
    """

    def __init__(
        self, status: int, message: str, headers: Headers = (), retry_after: int | None = None, reason: str = ""
    ) -> None:
        self.message = redact(message)
        super().__init__(self.message)
        self.status = status
        self.headers = headers if retry_after is None else (*headers, ("retry-after", str(retry_after)))
        self.retry_after = retry_after
        self.reason = reason or _REASONS.get(status, "unavailable")


GET = ("GET", "HEAD")
POST = ("POST",)


class Route(NamedTuple):
    """What a path answers. The handler runs in the server's event loop and must not block it."""

    methods: tuple[str, ...]
    handle: Callable[[HttpRequest], Awaitable[HttpResponse]]
    media_types: Collection[str] = ()
    """The request's `Content-Type` must be one of these; empty: any or none."""


ErrorResponse = Callable[[HttpRequest | None, HttpError], HttpResponse]
"""Gives the response for an error; the request is `None` where none was read."""


def text_error(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """The error as a line of plain text."""
    return HttpResponse(error.status, "text/plain; charset=utf-8", f"{error.message}\n".encode(), error.headers)


WRONG_PROTOCOL = "wrong-protocol"
"""The reason of a request in a protocol that is not served at its address."""


class Endpoint(NamedTuple):
    """An address and what is served there, by which protocol. `setting` names the configuration key of the address."""

    setting: str
    listen: tuple[str, int]
    routes: Mapping[str, Route]
    protocol: Protocol = "HTTP/1.1"
    error_response: ErrorResponse = text_error
    other_protocol: str = "this address serves HTTP/1.1 only"
    """What a client is answered that speaks the other protocol: which one is served, and where its own is."""
    other_protocol_response: ErrorResponse = text_error
