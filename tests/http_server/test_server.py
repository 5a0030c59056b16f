"""What the server answers, and what it does to clients that are slow, silent or greedy."""

import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured
from forwarder.http_server import HttpError, HttpLimits, HttpRequest, HttpServer, Tls
from forwarder.simulator.certificates import make_certificate
from tests.http_server.world import HELLO, TEXT, Held, ask, drip, is_open, raw, serving, until_closed

# Routing


def test_a_path_answers_its_method_and_a_get_also_head() -> None:
    with serving() as server:
        assert ask(server.address, "/hello?with=query")[0::2] == (200, b"hello\n")
        status, headers, body = ask(server.address, "/hello", "HEAD")
        assert (status, headers["content-length"], body) == (200, "6", b"")
        assert ask(server.address, "/echo", "POST", b"back")[0::2] == (200, b"back")


def test_an_unknown_path_is_404_and_an_unknown_method_405_with_the_methods_there_are() -> None:
    with serving() as server:
        status, _, body = ask(server.address, "/nowhere")
        assert (status, b"/hello" in body) == (404, True)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            status, headers, _ = ask(server.address, "/hello", method)
            assert (status, headers["allow"]) == (405, "GET, HEAD")
        assert ask(server.address, "/echo", "HEAD")[0::2] == (405, b"")


def test_a_content_type_that_a_route_does_not_accept_is_415() -> None:
    with serving() as server:
        assert ask(server.address, "/text", "POST", b"x", Content_Type="image/png")[0] == 415
        assert ask(server.address, "/text", "POST", b"x", Content_Type="Text/Plain; charset=utf-8")[0] == 200


def test_a_request_that_is_not_authorized_is_refused_before_anything_else() -> None:
    def authorize(request: HttpRequest) -> None:
        if request.headers.get("authorization") != "Bearer good":
            raise HttpError(401, "no token", (("www-authenticate", "Bearer"),))

    with serving(authorize=authorize) as server:
        status, headers, _ = ask(server.address, "/nowhere", "POST", b"x" * 100_000)
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert ask(server.address, "/hello", Authorization="Bearer good")[0] == 200


def test_a_handler_that_fails_is_a_500_without_details_and_the_server_goes_on() -> None:
    with serving() as server:
        status, _, body = ask(server.address, "/fail")
        assert (status, b"bug" in body) == (500, False)
        status, headers, body = ask(server.address, "/refuse")
        assert (status, headers["retry-after"], body) == (503, "7", b"not now\n")
        assert ask(server.address, "/hello")[0] == 200


def test_responses_are_reported_by_route_and_status() -> None:
    seen: list[tuple[str, int]] = []
    with serving(responded=lambda path, status: seen.append((path, status))) as server:
        for path in ("/hello", "/nowhere", "/fail"):
            ask(server.address, path)
        until_closed(raw(server.address, b"\x16\x03\x01 hello\r\n\r\n"))
    assert seen == [("/hello", 200), ("", 404), ("/fail", 500), ("", 400)]


# Connections


def test_a_connection_serves_many_requests_also_pipelined_ones() -> None:
    with serving() as server:
        connection = HTTPConnection(*server.address, timeout=5)
        for _ in range(3):
            connection.request("GET", "/hello")
            assert connection.getresponse().read() == b"hello\n"
        connection.close()
        pipelined = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET /nowhere HTTP/1.0\r\n\r\n"
        received = until_closed(raw(server.address, pipelined))
        assert received.count(b"HTTP/1.1 200") == 2
        assert received.count(b"HTTP/1.1 404") == 1


def test_a_connection_that_sends_nothing_is_closed() -> None:
    with serving(HttpLimits(header_seconds=0.2)) as server:
        began = time.monotonic()
        assert until_closed(raw(server.address)) == b""
        assert time.monotonic() - began < 5


def test_a_connection_that_idles_after_a_request_is_closed() -> None:
    with serving(HttpLimits(idle_seconds=0.3)) as server:
        began = time.monotonic()
        received = until_closed(raw(server.address, b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert received.endswith(b"hello\n")
        assert 0.2 < time.monotonic() - began < 5


def test_headers_sent_byte_by_byte_do_not_prolong_their_time() -> None:
    with serving(HttpLimits(header_seconds=0.3, idle_seconds=60)) as server:
        for before in (b"", b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"):
            began = time.monotonic()
            slow = raw(server.address, before)
            drip(slow, b"GET /hello HTTP/1.1\r\nX-Slow: " + b"x" * 200, 0.02)
            assert time.monotonic() - began < 3
        assert ask(server.address, "/hello")[0] == 200


def test_a_body_sent_byte_by_byte_is_408() -> None:
    with serving(HttpLimits(body_seconds=0.3)) as server:
        slow = raw(server.address, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n")
        assert drip(slow, b"x" * 20, 0.03).startswith(b"HTTP/1.1 408")


def test_a_client_that_never_takes_its_response_is_disconnected() -> None:
    with serving(HttpLimits(body_seconds=0.3)) as server:
        request = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
        greedy = raw(server.address, request + b"x" * 8_000_000)
        time.sleep(1.0)
        assert len(until_closed(greedy)) < 8_000_000


def test_connections_beyond_the_limit_are_429_and_free_again_when_others_close() -> None:
    with serving(HttpLimits(connections=3)) as server:
        held = [raw(server.address, b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
        for one in held:
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        status, headers, _ = ask(server.address, "/hello")
        assert (status, headers["retry-after"], headers["connection"]) == (429, "5", "close")
        for one in held:
            one.close()
        time.sleep(0.1)
        assert ask(server.address, "/hello")[0] == 200


def test_requests_in_flight_beyond_the_limit_are_429() -> None:
    held = Held()
    with serving(HttpLimits(in_flight_a_client=1), held) as server, ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, server.address, "/held")
        assert held.entered.acquire(timeout=5)
        assert ask(server.address, "/hello")[0] == 429
        held.release.set()
        assert first.result()[0] == 200
        assert ask(server.address, "/hello")[0] == 200


# Sizes


@pytest.mark.parametrize(
    "head",
    [
        b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Flood: " + b"x" * 3000 + b"\r\n\r\n",
        b"GET /hello?" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Flood: " + b"x" * 3000,
        b"GET /hello HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 600 + b"\r\n",
        b"HEAD /hello HTTP/1.1\r\nHost: x\r\nX-Flood: " + b"x" * 1990 + b"\r\n\r\n",
    ],
)
def test_headers_beyond_the_limit_are_431(head: bytes) -> None:
    with serving(HttpLimits(header_bytes=2000)) as server:
        assert until_closed(raw(server.address, head)).startswith(b"HTTP/1.1 431")
        assert ask(server.address, "/hello")[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_413_also_in_chunks(chunked: bool) -> None:
    with serving(HttpLimits(body_bytes=1000)) as server:
        body = (b"x" * 100 for _ in range(11)) if chunked else b"x" * 1001
        assert ask(server.address, "/echo", "POST", body)[0] == 413
        assert ask(server.address, "/echo", "POST", b"x" * 1000)[0] == 200


def test_a_body_where_none_is_expected_is_limited_too() -> None:
    with serving(HttpLimits(body_bytes=1000)) as server:
        assert ask(server.address, "/hello", "GET", b"x" * 1001)[0] == 413


def test_bodies_that_wait_are_limited_together() -> None:
    with serving(HttpLimits(waiting_bytes=1000)) as server:
        slow = raw(server.address, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + b"x" * 800)
        time.sleep(0.2)
        assert ask(server.address, "/echo", "POST", b"x" * 500)[0] == 429
        slow.sendall(b"x" * 100)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")
        slow.close()
        assert ask(server.address, "/echo", "POST", b"x" * 500)[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /hello\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    ],
)
def test_bytes_that_are_no_request_are_400(sent: bytes) -> None:
    with serving() as server:
        assert until_closed(raw(server.address, sent)).startswith(b"HTTP/1.1 400")
        assert ask(server.address, "/hello")[0] == 200


# Start and stop


def test_an_address_in_use_is_an_error_that_names_the_setting() -> None:
    with serving() as server, pytest.raises(Misconfigured, match=r"test\.listen: cannot listen on 127\.0\.0\.1:\d+"):
        HttpServer("test.listen", server.address, {})


def test_a_stop_waits_for_requests_in_flight_and_closes_idle_connections() -> None:
    held = Held()
    with serving(held=held) as server, ThreadPoolExecutor(2) as pool:
        idle = raw(server.address, b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        first = pool.submit(ask, server.address, "/held")
        assert held.entered.acquire(timeout=5)
        stopped = pool.submit(server.stop, 5.0)
        time.sleep(0.2)
        with pytest.raises(OSError, match="refused"):
            raw(server.address)
        held.release.set()
        status, headers, _ = first.result()
        assert (status, headers["connection"]) == (200, "close")
        stopped.result()
        assert until_closed(idle).endswith(b"hello\n")


def test_a_stop_waits_no_longer_than_its_grace_and_leaves_no_thread() -> None:
    held = Held()
    with serving(held=held) as server, ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, server.address, "/held")
        assert held.entered.acquire(timeout=5)
        began = time.monotonic()
        server.stop(0.2)
        assert time.monotonic() - began < 2
        assert isinstance(first.exception(), OSError)
    assert "test.listen" not in [thread.name for thread in threading.enumerate()]


def test_tls_is_served_and_a_handshake_that_never_comes_is_bounded(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with serving(HttpLimits(header_seconds=0.5), tls=Tls(certificate.chain, certificate.key)) as server:
        context = ssl.create_default_context(cafile=str(certificate.ca))
        connection = HTTPSConnection("localhost", server.address[1], timeout=5, context=context)
        connection.request("POST", "/text", b"secret", {"Content-Type": TEXT})
        assert connection.getresponse().read() == b"secret"
        connection.close()
        assert until_closed(raw(server.address)) == b""


@pytest.mark.parametrize("begun", [b"", b"\x16\x03\x01"])
def test_connections_without_a_tls_handshake_count_for_the_limit_and_make_room_the_oldest_first(
    begun: bytes, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    limits = HttpLimits(connections_a_client=2, header_seconds=60)
    with serving(limits, tls=Tls(certificate.chain, certificate.key)) as server:
        context = ssl.create_default_context(cafile=str(certificate.ca))
        oldest, newest = (raw(server.address, begun) for _ in range(2))
        assert _status_over_tls(server, context) == 200
        assert until_closed(oldest) == b""
        assert is_open(newest)
        newest.close()


def _status_over_tls(server: HttpServer, context: ssl.SSLContext) -> int:
    connection = HTTPSConnection("localhost", server.address[1], timeout=5, context=context)
    try:
        connection.request("GET", "/hello")
        return connection.getresponse().status
    finally:
        connection.close()


def test_far_beyond_the_limit_connections_are_closed_unanswered() -> None:
    with serving(HttpLimits(connections=1)) as server:
        first = raw(server.address, HELLO)
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        others = [raw(server.address) for _ in range(200)]
        for one in others:
            with suppress(OSError):
                one.sendall(HELLO)
        endings = [until_closed(one) for one in reversed(others)]
        assert endings.count(b"") > 2
        assert sum(ending.startswith(b"HTTP/1.1 429") for ending in endings) >= 64
        first.close()


def test_connections_that_send_no_request_make_room_for_those_that_do() -> None:
    with serving(HttpLimits(connections=4, header_seconds=60)) as server:
        half_open = [raw(server.address, b"GET /hel") for _ in range(300)]
        for _ in range(3):
            assert ask(server.address, "/hello")[0] == 200
        assert not is_open(half_open[0])
        for one in half_open:
            one.close()


def test_a_connection_that_has_been_served_does_not_make_room() -> None:
    with serving(HttpLimits(connections=2, header_seconds=60)) as server:
        served = raw(server.address, HELLO)
        assert served.recv(100).startswith(b"HTTP/1.1 200")
        silent = [raw(server.address) for _ in range(20)]
        assert ask(server.address, "/hello")[0] == 200
        served.sendall(HELLO)
        assert b"HTTP/1.1 200" in served.recv(1000)
        for one in (served, *silent):
            one.close()


def test_files_that_are_no_certificate_are_an_error_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    with pytest.raises(Misconfigured, match=r"x\.pem"):
        HttpServer("test.listen", ("127.0.0.1", 0), {}, tls=Tls(tmp_path / "x.pem", tmp_path / "x.pem"))
