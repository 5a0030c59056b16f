"""A small HTTP/1.1 server on asyncio streams that can break the protocol on purpose.

The stand-ins do not run on `forwarder.http_server`: that one, like every sound server, never sends half a body, resets
a connection instead of answering, or leaves a request without an answer, and faults are exactly that. It also keeps
the stand-ins free of the forwarder's own code, whose mistakes they would otherwise share.
"""

import asyncio
import itertools
import socket
import struct
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import responses
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

Ending = Literal["whole", "truncated", "reset", "unanswered"]
"""How an answer ends: as promised; cut in half; a TCP reset instead of it; a closed connection instead of it."""

HEAD_LIMIT = 64 * 1024
"""Bytes a stream reads while it looks for the end of a head."""
_CONNECTIONS = itertools.count(1)
_LOOKS = 0.05
"""Seconds between two looks whether a client that waits is still there."""
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Request(NamedTuple):
    """One request as it came: header names in lower case, query values decoded and in order."""

    method: str
    target: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes = b""
    client: str = "127.0.0.1"
    connection: int = 0
    """Equal for the requests of one connection, and for no others of the same server."""


class Answer(NamedTuple):
    """What is sent back. `delay` is real seconds before the first byte."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay: float = 0.0
    ending: Ending = "whole"


Handler = Callable[[Request], Answer]


class _NotHttpError(Exception):
    """The bytes of the peer are no HTTP/1.1 request."""


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
    """Answer the requests of one connection until either side ends it."""
    number = next(_CONNECTIONS)
    try:
        while (request := await _read(reader, writer, number)) is not None:
            goes_on = await _write(reader, writer, handle(request))
            if not goes_on or request.headers.get("connection", "").lower() == "close":
                break
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _NotHttpError):
        pass  # the client disconnected or does not speak HTTP: there is nobody to answer
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Request | None:
    head = await _head(reader)
    if head is None:
        return None
    method, target, headers = _parse_head(head)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts = urlsplit(target)
    return Request(
        method,
        target,
        unquote(parts.path),
        parse_qsl(parts.query, keep_blank_values=True),
        headers,
        await _body(reader, headers),
        writer.get_extra_info("peername")[0],
        connection,
    )


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    if first.count(" ") != 2:
        raise _NotHttpError(first)
    method, target, _ = first.split(" ")
    headers: dict[str, str] = {}
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return method, target, headers


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(_number(headers.get("content-length", "0"), 10))
    pieces = []
    while size := _number((await reader.readuntil(b"\r\n")).decode("latin-1").split(";")[0], 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(pieces)


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise _NotHttpError(text) from None


async def _write(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send the answer; whether the connection may go on. Nobody waits for the answer to a client that is gone."""
    until = time.monotonic() + answer.delay
    while (left := until - time.monotonic()) > 0 and not reader.at_eof():
        await asyncio.sleep(min(left, _LOOKS))
    if answer.ending == "reset":
        _reset(writer)
    if answer.ending in ("reset", "unanswered"):
        return False
    writer.write(_wire_head(answer))
    whole = answer.ending == "whole"
    writer.write(answer.body if whole else answer.body[: len(answer.body) // 2])
    await writer.drain()
    return whole and answer.headers.get("connection") != "close"


def _wire_head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append(f"content-length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    writer.transport.abort()
