"""From an accepted socket to a stream of bytes: the TLS handshake, and what the client speaks.

Nothing is believed of a client but its first bytes: 0x16 begins a TLS handshake, `PRI` begins HTTP/2.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import NamedTuple

from forwarder.http_server.messages import HttpError, Protocol
from forwarder.http_server.options import HttpLimits

_TLS_HANDSHAKE = b"\x16"
_HTTP_2 = b"PRI"
_READ_BYTES = 64 * 1024
_SHUTDOWN_SECONDS = 2.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 16 * 1024 * 1024
TLS_TO_PLAIN = "this address serves no TLS; use http://, or set its certificate_file and key_file"
PLAIN_TO_TLS = "this address serves TLS only; use https://"


class ConnectionEnded(Exception):
    """The client closed the connection or ran out of time: there is nobody to respond to."""


class OpenConnection(NamedTuple):
    """An open connection: what the client speaks, and the bytes it began with."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: Protocol
    received: bytes
    refused: HttpError | None
    """Why no request is accepted from it: it is TLS on a plain address, or the reverse."""


async def open_connection(accepted: socket.socket, limits: HttpLimits, tls: ssl.SSLContext | None) -> OpenConnection:
    """Opens it. The socket is closed where that fails. Raises `ConnectionEnded`, and `HttpError` for the handshake."""
    try:
        speaks_tls = await _first_byte(accepted, limits.header_seconds) == _TLS_HANDSHAKE
    except BaseException:
        accepted.close()
        raise
    reader, writer = await _streams(accepted, tls if speaks_tls else None, limits.header_seconds)
    refused = None
    if speaks_tls and not tls:
        refused = HttpError(400, TLS_TO_PLAIN, reason="tls-to-plain")
    elif tls and not speaks_tls:
        refused = HttpError(400, PLAIN_TO_TLS, reason="plain-to-tls")
    try:
        received = await _begin(reader, limits.header_seconds)
    except BaseException:
        writer.transport.abort()
        raise
    protocol: Protocol = "HTTP/2" if received.startswith(_HTTP_2) else "HTTP/1.1"
    return OpenConnection(reader, writer, protocol, received, refused)


async def _first_byte(accepted: socket.socket, seconds: float) -> bytes:
    """The first byte, which stays to be read. Raises `ConnectionEnded`."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(accepted, readable.set)
    try:
        async with asyncio.timeout(seconds):
            await readable.wait()
        first = accepted.recv(1, socket.MSG_PEEK)
    except OSError:  # its time is over (`TimeoutError`), or the client has gone
        raise ConnectionEnded from None
    finally:
        loop.remove_reader(accepted)
    if not first:
        raise ConnectionEnded
    return first


async def _streams(
    accepted: socket.socket, tls: ssl.SSLContext | None, seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    try:
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            accepted,
            ssl=tls,
            ssl_handshake_timeout=seconds if tls else None,
            ssl_shutdown_timeout=_SHUTDOWN_SECONDS if tls else None,
        )
    except OSError as error:
        if tls:  # some clients refuse a certificate by just going
            raise _handshake_failed(error) from None
        raise ConnectionEnded from None
    transport.set_write_buffer_limits(high=1)  # so that `drain` waits until the kernel has everything; TLS never has 0
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _begin(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """The first bytes, as many as tell the protocol. Raises `ConnectionEnded`, `HttpError`."""
    received = b""
    try:
        async with asyncio.timeout(seconds):
            while _HTTP_2.startswith(received) and len(received) < len(_HTTP_2):
                if not (data := await reader.read(_READ_BYTES)):
                    raise ConnectionEnded
                received += data
    except ssl.SSLError as error:  # in TLS 1.3 a client refuses the certificate only here
        raise _handshake_failed(error) from None
    except OSError:
        raise ConnectionEnded from None
    return received


async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read for a moment what the client still sends: closed at once, it might never see the response."""
    with suppress(OSError, TimeoutError, NotImplementedError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            left = _LINGER_BYTES
            while left > 0 and (data := await reader.read(_READ_BYTES)):
                left -= len(data)


def close(writer: asyncio.StreamWriter) -> None:
    """End the connection, at once where the client does not take what was sent."""
    with suppress(OSError, RuntimeError):
        if writer.transport.get_write_buffer_size():
            writer.transport.abort()
        else:
            writer.close()


def _handshake_failed(error: OSError) -> HttpError:
    """By OpenSSL's name of the failure, such as an alert by which the client refused the server's certificate."""
    cause = "the client ended the connection"
    if isinstance(error, ssl.SSLError) and error.reason:
        cause = error.reason.lower().replace("_", " ")
    return HttpError(
        400,
        f"the TLS handshake failed ({cause}); check that the client trusts the server's certificate authority, and "
        f"where client certificates are required, that it has one",
        reason="tls-handshake",
    )
