"""A server with a few routes, and a client that writes raw bytes and reads whole responses."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from forwarder.http_server import GET, POST, HttpError, HttpLimits, HttpRequest, HttpResponse, HttpServer, Route

DEFAULTS = HttpLimits()
TEXT = "text/plain"


async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, TEXT, b"hello\n")


async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, TEXT, request.body)


async def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError("a bug")


async def refuse(request: HttpRequest) -> HttpResponse:
    raise HttpError(503, "not now", retry_after=7)


class Held:
    """A handler that responds only when `release` is set; `entered` counts the requests it holds."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.entered = threading.Semaphore(0)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.entered.release()
        while not self.release.is_set():
            await asyncio.sleep(0.01)
        return HttpResponse(200, TEXT, b"released")


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
