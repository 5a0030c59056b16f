"""What HTTP/2 lets a client flood a server with, and bytes that are none of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random

import pytest
import structlog
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hpack import Encoder, HeaderTuple
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
)

from forwarder.http_server import HttpError, HttpLimits
from tests.http_server.http2_client import PREFACE, REQUEST, Http2Client
from tests.http_server.world import ask, note, raw, serving_http2

PATIENT = HttpLimits(header_seconds=60, idle_seconds=60, body_seconds=60)


def frames(frame: Callable[[int], Frame]) -> Callable[[Http2Client], None]:
    def flood(client: Http2Client) -> None:
        client.send(b"".join(frame(number).serialize() for number in range(20_000)))

    return flood


def rapid_reset(client: Http2Client) -> None:
    encoder = Encoder()
    for stream_id in range(1, 40_001, 2):
        begun = HeadersFrame(stream_id, encoder.encode(REQUEST), flags=["END_HEADERS"]).serialize()
        client.send(begun + RstStreamFrame(stream_id, ErrorCodes.CANCEL).serialize())


def small_data(size: int) -> Callable[[Http2Client], None]:
    def flood(client: Http2Client) -> None:
        client.send(HeadersFrame(1, Encoder().encode(REQUEST), flags=["END_HEADERS"]).serialize())
        frame = DataFrame(1, b"x" * size).serialize()
        for _ in range(40):
            client.send(frame * 500)

    return flood


def header_bomb(client: Http2Client) -> None:
    """4,000 bytes in the table, named by one byte each after that."""
    bomb = [HeaderTuple(b"x-bomb", b"x" * 4000)] * 4000
    block = Encoder().encode([*REQUEST, *bomb])
    client.send(HeadersFrame(1, block, flags=["END_HEADERS", "END_STREAM"]).serialize())


def endless_headers(client: Http2Client) -> None:
    client.send(HeadersFrame(1, b"").serialize() + ContinuationFrame(1, b"").serialize() * 100_000)


def endless_frame(client: Http2Client) -> None:
    """A frame of 16 MB, of which h2 would wait for the end."""
    client.send(b"\xff\xff\xff\0\0\0\0\0\1" + b"x" * 400_000)


FLOODS: dict[str, Callable[[Http2Client], None]] = {
    "pings": frames(lambda _: PingFrame(0, b"12345678")),
    "settings": frames(lambda number: SettingsFrame(0, {SettingCodes.INITIAL_WINDOW_SIZE: number})),
    "priorities": frames(lambda number: PriorityFrame(2 * number + 1, depends_on=0, stream_weight=1)),
    "rapid resets": rapid_reset,
    "empty data": small_data(0),
    "single bytes": small_data(1),
    "a header bomb": header_bomb,
    "endless headers": endless_headers,
    "an endless frame": endless_frame,
    "frames of no kind": frames(lambda _: Unknown()),
}


class Unknown(PingFrame):
    type = 0xEE

    def __init__(self) -> None:
        super().__init__(0, b"12345678")


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_its_connection_while_others_are_served(name: str) -> None:
    seen: list[HttpError] = []
    with serving_http2(PATIENT, refused=lambda client, error: seen.append(error)) as (server, address):
        with Http2Client(address) as client, ThreadPoolExecutor(1) as pool:
            ended = pool.submit(client.until_ended)
            with suppress(OSError):
                FLOODS[name](client)
            ended.result(timeout=30)
        assert [error.status for error in seen] in ([429], [400])
        with Http2Client(address) as other:
            assert other.ask("GET", "/hello").body == b"hello\n"
        assert ask(server.address, "/hello")[0] == 200


@pytest.mark.parametrize("junk", [b"\0\0\x08\x06\0\0\0\0\1" + b"x" * 8, b"\0\0\x01\x05\0\0\0\0\1x"])
def test_bytes_that_are_no_http2_end_the_connection(junk: bytes) -> None:
    seen: list[str] = []
    refused = partial(note, seen)
    with serving_http2(refused=refused) as (_, address), Http2Client(address) as client:
        client.send(junk)
        assert client.until_ended() is not None
    assert seen == ["malformed"]


@pytest.mark.parametrize("seed", range(4))
def test_random_frames_are_never_a_fault_of_the_server(seed: int) -> None:
    chance = Random(seed)
    limits = HttpLimits(header_seconds=0.2, idle_seconds=0.2, body_seconds=0.2, connections_a_client=1000)
    with structlog.testing.capture_logs() as logs, serving_http2(limits) as (server, address):
        for _ in range(150):
            with suppress(OSError), raw(address, PREFACE + SettingsFrame(0).serialize()) as connection:
                connection.sendall(b"".join(random_frame(chance) for _ in range(chance.choice([1, 2, 3, 8]))))
                if chance.random() < 0.3:
                    connection.recv(100)
        assert ask(server.address, "/hello")[0] == 200
    assert logs == []


def random_frame(chance: Random) -> bytes:
    """Half of them begin a request, with headers that are often wrong."""
    payload, kind = chance.randbytes(chance.choice([0, 1, 4, 5, 6, 8, 9, 300])), chance.randrange(12)
    if chance.random() < 0.5:
        length = chance.choice([b"5", b"x", b"-1", b"9" * 20, b"0"])
        name = chance.choice([b":status", b"te", b"connection", b"UPPER", b":path", b"\xff"])
        wrong = chance.choice([(b"content-length", length), (name, chance.choice([b"", b"x", b"\xff\xfe"]))])
        headers = chance.sample([*REQUEST, wrong], chance.choice([4, 5]))
        payload, kind = Encoder().encode(headers), chance.choice([1, 1, 1, 5, 9])
    flags, stream_id = chance.choice([0, 1, 4, 5, 8, 32, 255]), chance.choice([0, 1, 1, 1, 2, 3, 3, 7, 2**31 - 1])
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big") + payload
