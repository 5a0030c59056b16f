"""HTTP/2: the same routes and limits as HTTP/1.1."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hpack import Encoder
from hyperframe.frame import (
    HeadersFrame,
    PingFrame,
)

from forwarder.http_server import HttpLimits
from tests.http_server.http2_client import REQUEST, Http2Client
from tests.http_server.world import DEFAULTS, HELLO, Held, ask, note, raw, serving_http2, until_closed

PATIENT = HttpLimits(header_seconds=60, idle_seconds=60, body_seconds=60)


def test_a_connection_serves_many_requests_also_at_the_same_time() -> None:
    held = Held()
    with serving_http2(held=held) as (server, address), Http2Client(address) as client:
        first = client.begin("GET", "/held", end=True)
        assert held.entered.acquire(timeout=10)
        assert client.ask("POST", "/echo", b"back").body == b"back"
        assert client.ask("GET", "/hello").headers[":status"] == "200"
        assert client.ask("GET", "/nowhere").headers[":status"] == "404"
        assert client.ask("PUT", "/hello").headers["allow"] == "GET, HEAD"
        head = client.response(client.begin("HEAD", "/hello", end=True))
        assert (head.headers["content-length"], head.body) == ("6", b"")
        held.release.set()
        assert client.response(first).body == b"released"
        assert ask(server.address, "/hello")[0] == 200


def test_bodies_larger_than_the_flow_control_windows_pass_both_ways() -> None:
    body = bytes(range(256)) * 6000
    with serving_http2(PATIENT) as (_, address), Http2Client(address) as client:
        stream_id = client.begin("POST", "/echo")
        rest = body
        while rest:
            while not (room := client.h2.local_flow_control_window(stream_id)):
                client.events()
            piece, rest = rest[: min(room, 16384)], rest[min(room, 16384) :]
            client.h2.send_data(stream_id, piece, end_stream=not rest)
            client.send()
        assert client.response(stream_id).body == body


def test_a_request_that_its_client_resets_is_given_up() -> None:
    held = Held()
    with serving_http2(held=held) as (_, address), Http2Client(address) as client:
        stream_id = client.begin("GET", "/held", end=True)
        assert held.entered.acquire(timeout=10)
        client.h2.reset_stream(stream_id)
        client.send()
        assert held.ended.acquire(timeout=10)
        assert client.ask("GET", "/hello").body == b"hello\n"


# Sizes and times


def test_a_body_beyond_the_limit_is_413_and_the_connection_goes_on() -> None:
    with serving_http2(HttpLimits(body_bytes=1000)) as (_, address), Http2Client(address) as client:
        for _ in range(3):
            assert client.ask("POST", "/echo", b"x" * 1001).headers[":status"] == "413"
            assert client.ask("POST", "/echo", b"x" * 1001, {"content-length": "1001"}).headers[":status"] == "413"
            assert client.ask("POST", "/echo", b"x" * 1000).headers[":status"] == "200"


def test_bodies_that_wait_are_limited_together_with_those_of_the_other_address() -> None:
    with serving_http2(HttpLimits(waiting_bytes=1000)) as (server, address), Http2Client(address) as client:
        slow = raw(server.address, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + b"x" * 800)
        statuses = iter(lambda: client.ask("POST", "/echo", b"x" * 500).headers[":status"], "429")
        deadline = time.monotonic() + 10
        for _ in statuses:  # until the first body has arrived
            assert time.monotonic() < deadline
        slow.close()


def test_a_body_that_does_not_come_is_408() -> None:
    with serving_http2(HttpLimits(body_seconds=0.3)) as (_, address), Http2Client(address) as client:
        stream_id = client.begin("POST", "/echo")
        assert client.response(stream_id).headers[":status"] == "408"


def test_a_client_that_never_takes_its_response_has_it_reset() -> None:
    with serving_http2(HttpLimits(body_seconds=0.3)) as (_, address), Http2Client(address) as client:
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        client.send()
        with pytest.raises(ConnectionError, match=str(int(ErrorCodes.CANCEL))):
            client.ask("GET", "/hello")


def test_requests_at_once_beyond_those_announced_are_429_and_many_more_end_the_connection() -> None:
    held, seen = Held(), list[str]()
    limits = HttpLimits(in_flight_a_client=2)
    with serving_http2(limits, held, refused=partial(note, seen)) as (_, address):
        with Http2Client(address) as client:
            streams = [client.begin("GET", "/held", end=True) for _ in range(4)]
            answers = [client.response(stream_id).headers[":status"] for stream_id in streams[2:]]
            assert answers == ["429", "429"]
            held.release.set()
        with Http2Client(address) as client:
            encoder = Encoder()
            begun = [HeadersFrame(n, encoder.encode(REQUEST), flags=["END_HEADERS"]) for n in range(1, 19, 2)]
            client.send(b"".join(frame.serialize() for frame in begun))
            assert client.until_ended() == ErrorCodes.PROTOCOL_ERROR
    assert seen == ["busy", "busy", "malformed"]


@pytest.mark.parametrize(
    "sent", [b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x01\x01"]
)
def test_a_connection_that_begins_no_request_is_closed(sent: bytes) -> None:
    with serving_http2(HttpLimits(header_seconds=0.3)) as (_, address):
        until_closed(raw(address, sent))


def test_a_connection_that_idles_after_a_request_is_closed_although_it_pings() -> None:
    with serving_http2(HttpLimits(idle_seconds=0.5)) as (_, address), Http2Client(address) as client:
        assert client.ask("GET", "/hello").body == b"hello\n"
        client.socket.settimeout(0.1)
        deadline, code = time.monotonic() + 10, None
        while code is None and time.monotonic() < deadline:
            client.send(PingFrame(0, b"12345678").serialize())
            code = client.until_ended()
        assert code == ErrorCodes.NO_ERROR


def test_a_request_whose_handling_is_a_bug_is_reset_and_the_connection_goes_on() -> None:
    with serving_http2(responded=broken) as (_, address), Http2Client(address) as client:
        for _ in range(2):
            with pytest.raises(ConnectionError, match=str(int(ErrorCodes.CANCEL))):
                client.ask("GET", "/hello")


def broken(path: str, status: int) -> None:
    raise ValueError("a bug")


# The other protocol, and the end


def test_http1_gets_an_answer_in_http1_and_http2_at_an_address_of_http1_one_in_http2() -> None:
    seen: list[str] = []
    with serving_http2(refused=partial(note, seen)) as (server, address):
        answer = until_closed(raw(address, HELLO))
        assert answer.startswith(b"HTTP/1.1 505")
        assert b"HTTP/2 only" in answer
        with Http2Client(server.address) as client:
            answered = client.ask("GET", "/hello")
            assert (answered.headers[":status"], b"HTTP/1.1 only" in answered.body) == ("505", True)
            assert client.until_ended() == ErrorCodes.NO_ERROR
    assert seen == ["wrong-protocol"] * 2


def test_a_stop_waits_for_requests_in_flight() -> None:
    held = Held()
    with serving_http2(DEFAULTS, held) as (server, address), Http2Client(address) as client:
        stream_id = client.begin("GET", "/held", end=True)
        assert held.entered.acquire(timeout=10)
        with ThreadPoolExecutor(1) as pool:
            stopped = pool.submit(server.stop, 10.0)
            held.release.set()
            assert client.response(stream_id).body == b"released"
            assert client.until_ended() == ErrorCodes.NO_ERROR
            stopped.result()
