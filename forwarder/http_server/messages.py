"""Requests, responses, routes, and the error that becomes a response."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

from forwarder.redaction import redact

Headers = tuple[tuple[str, str], ...]


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
    """A response. `Content-Length` and `Connection` are the server's to set."""

    status: int
    content_type: str
    body: bytes
    headers: Headers = ()
    close: bool = False


class HttpError(Exception):
    """The request is refused with this status. The message is for the reader of the response and holds no secret."""

    def __init__(self, status: int, message: str, headers: Headers = (), retry_after: int | None = None) -> None:
        self.message = redact(message)
        super().__init__(self.message)
        self.status = status
        self.headers = headers if retry_after is None else (*headers, ("retry-after", str(retry_after)))


GET = ("GET", "HEAD")
POST = ("POST",)


class Route(NamedTuple):
    """What a path answers. The handler runs in the server's event loop and must not block it."""

    methods: tuple[str, ...]
    handle: Callable[[HttpRequest], Awaitable[HttpResponse]]
    media_types: Collection[str] = ()
    """The request's `Content-Type` must be one of these; empty: any or none."""


def text_error(request: HttpRequest | None, error: HttpError) -> HttpResponse:
    """The error as a line of plain text."""
    return HttpResponse(error.status, "text/plain; charset=utf-8", f"{error.message}\n".encode(), error.headers)
