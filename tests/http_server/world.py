"""A server with a few routes, and a client that writes raw bytes and reads whole responses."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from forwarder.http_server import (
    GET,
    POST,
    Endpoint,
    HttpError,
    HttpLimits,
    HttpRequest,
    HttpResponse,
    HttpServer,
    Route,
)

DEFAULTS = HttpLimits()
TEXT = "text/plain"
HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, TEXT, b"hello\n")


async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, TEXT, request.body)


async def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError("a bug")


async def refuse(request: HttpRequest) -> HttpResponse:
    raise HttpError(503, "not now", retry_after=7)


class Held:
    """A handler that responds only when `release` is set; counts the requests that it holds, and no longer holds."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.entered = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.entered.release()
        try:
            while not self.release.is_set():
                await asyncio.sleep(0.01)
            return HttpResponse(200, TEXT, b"released")
        finally:
            self.ended.release()


ROUTES = {
    "/hello": Route(GET, hello),
    "/echo": Route(POST, echo),
    "/text": Route(POST, echo, (TEXT,)),
    "/fail": Route(GET, fail),
    "/refuse": Route(GET, refuse),
}


@contextmanager
def serving(limits: HttpLimits = DEFAULTS, held: Held | None = None, **options: Any) -> Iterator[HttpServer]:
    routes = ROUTES | ({"/held": Route(GET, held)} if held else {})
    server = HttpServer("test.listen", ("127.0.0.1", 0), routes, limits=limits, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop(0.5)


@contextmanager
def serving_http2(
    limits: HttpLimits = DEFAULTS, held: Held | None = None, **options: Any
) -> Iterator[tuple[HttpServer, tuple[str, int]]]:
    """The same with a second address, which serves the same routes by HTTP/2; the server and that address."""
    routes = ROUTES | ({"/held": Route(GET, held)} if held else {})
    other = "this address serves HTTP/2 only"
    second = Endpoint("test.http2", ("127.0.0.1", 0), routes, "HTTP/2", other_protocol=other)
    with serving(limits, held, further=[second], **options) as server:
        yield server, server.addresses[1]


def ask(
    address: tuple[str, int], path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def raw(address: tuple[str, int], sent: bytes = b"") -> socket.socket:
    """A connection on which these bytes were sent."""
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(sent)
    return connection


def is_open(connection: socket.socket) -> bool:
    """Whether the server has neither closed the connection nor sent anything on it."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False


def until_closed(connection: socket.socket) -> bytes:
    """Everything the server sends until it closes the connection."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    finally:
        connection.close()
    return received


def drip(connection: socket.socket, data: bytes, pause: float) -> bytes:
    """Send byte by byte until the server closes the connection; everything it sent."""
    for byte in data:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            break
        time.sleep(pause)
    return until_closed(connection)


def note(seen: list[str], client: str, error: HttpError) -> None:
    """Keeps the reason of a refusal: `refused=partial(note, seen)`."""
    seen.append(error.reason)
