"""A noisy, slow or broken client takes nothing from the others."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.server import OtlpServer
from tests.otlp.world import (
    JSON,
    PROTOBUF,
    TIME_NS,
    Recorder,
    Reply,
    compressed,
    fields,
    json_logs,
    post,
    protobuf_logs,
    receiver,
)


def post_from(source: str, server: OtlpServer, body: bytes, content_type: str = JSON) -> Reply:
    """As `post`, from another loopback address: another client."""
    connection = http.client.HTTPConnection(*server.address, timeout=20, source_address=(source, 0))
    try:
        connection.request("POST", "/v1/logs", body, {"Content-Type": content_type})
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def waiting(recorder: Recorder) -> None:
    """Until a commit has been asked for."""
    assert recorder.asked.acquire(timeout=5)


def until(done: Callable[[], bool]) -> None:
    """Wait for it."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < 20, "it did not happen"
        time.sleep(0.01)


def test_a_client_beyond_its_share_gets_429_and_another_is_served() -> None:
    recorder = Recorder()
    with receiver(recorder, OtlpLimits(in_flight_a_client=2)) as server, ThreadPoolExecutor(4) as pool:
        recorder.gate.clear()
        held = [pool.submit(post_from, "127.0.0.2", server, json_logs(fields(n))) for n in range(2)]
        waiting(recorder)
        time.sleep(0.1)
        third = post_from("127.0.0.2", server, json_logs(fields()))
        assert (third.status, third.headers["retry-after"]) == (429, "5")
        other = pool.submit(post_from, "127.0.0.3", server, json_logs(fields(9)))
        recorder.gate.set()
        assert other.result().status == 200
        assert [one.result().status for one in held] == [200, 200]
        assert post_from("127.0.0.2", server, json_logs(fields())).status == 200


def test_beyond_the_limit_of_all_clients_every_client_gets_429() -> None:
    recorder = Recorder()
    with receiver(recorder, OtlpLimits(in_flight=1)) as server, ThreadPoolExecutor(1) as pool:
        recorder.gate.clear()
        held = pool.submit(post_from, "127.0.0.2", server, json_logs(fields()))
        waiting(recorder)
        assert post_from("127.0.0.3", server, json_logs(fields())).status == 429
        recorder.gate.set()
        assert held.result().status == 200


def test_waiting_bytes_are_limited_for_all_clients_together_and_released() -> None:
    body = json_logs(*[fields(n) for n in range(100)])
    with (
        receiver(Recorder(), OtlpLimits(waiting_bytes=len(body) + 10)) as server,
        socket.create_connection(server.address) as s,
    ):
        head = f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        s.sendall(head.encode() + body[:1000])
        time.sleep(0.2)
        assert post(server, body).status == 429
        s.sendall(body[1000:])
        assert s.recv(100).startswith(b"HTTP/1.1 200")
        assert post(server, body).status == 200


def test_connections_of_a_client_are_limited() -> None:
    with receiver(Recorder(), OtlpLimits(connections_a_client=3)) as server:
        held = [socket.create_connection(server.address, timeout=10) for _ in range(3)]
        for one in held:  # one that has sent no request would make room
            one.sendall(b"GET /v1/logs HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 405")
        assert post(server, json_logs(fields())).status == 429
        assert post_from("127.0.0.2", server, json_logs(fields())).status == 200
        for one in held:
            one.close()
        time.sleep(0.1)
        assert post(server, json_logs(fields())).status == 200


def test_a_client_that_sends_nothing_or_its_headers_byte_by_byte_is_disconnected() -> None:
    with receiver(Recorder(), OtlpLimits(header_seconds=0.3)) as server:
        with socket.create_connection(server.address, timeout=5) as silent:
            assert silent.recv(10) == b""
        with socket.create_connection(server.address, timeout=5) as slow:
            for byte in b"POST /v1/logs HTTP/1.1\r\nX: ":
                try:
                    slow.sendall(bytes([byte]))
                except OSError:
                    break
                time.sleep(0.05)
            assert _ended(slow)


def _ended(one: socket.socket) -> bool:
    try:
        return one.recv(10) == b""
    except ConnectionResetError:
        return True


def test_a_client_that_sends_its_body_too_slowly_gets_408_while_others_are_served() -> None:
    def drips() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    recorder = Recorder()
    with receiver(recorder, OtlpLimits(body_seconds=2.0)) as server, ThreadPoolExecutor(5) as pool:
        slow = [pool.submit(post, server, drips()) for _ in range(5)]
        assert post_from("127.0.0.2", server, json_logs(fields())).status == 200
        assert not any(one.done() for one in slow)
        for one in slow:
            with suppress(OSError):  # answered, and disconnected while it still sent
                assert one.result().status == 408
    assert len(recorder.events) == 1


def test_a_client_that_disconnects_within_its_body_makes_no_event() -> None:
    recorder = Recorder()
    with receiver(recorder) as server:
        with socket.create_connection(server.address) as one:
            one.sendall(
                b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            )
        assert post(server, json_logs(fields())).status == 200
    assert len(recorder.events) == 1


def test_a_small_request_does_not_wait_for_the_large_ones_of_another() -> None:
    large = protobuf_logs(*[fields(n, filler="x" * 200) for n in range(8000)], time_ns=TIME_NS)
    recorder = Recorder()
    with receiver(recorder) as server, ThreadPoolExecutor(4) as pool:
        noisy = [pool.submit(post_from, "127.0.0.2", server, large, PROTOBUF) for _ in range(4)]
        time.sleep(0.15)
        began = time.monotonic()
        assert post_from("127.0.0.3", server, json_logs(fields())).status == 200
        alone = time.monotonic() - began
        assert not all(one.done() for one in noisy)
        assert [one.result().status for one in noisy] == [200] * 4
        total = time.monotonic() - began
    assert alone < total / 2


def test_requests_that_arrive_together_share_a_commit() -> None:
    recorder = Recorder()
    with receiver(recorder) as server, ThreadPoolExecutor(10) as pool:
        recorder.gate.clear()
        first = pool.submit(post, server, json_logs(fields()))
        waiting(recorder)
        others = [pool.submit(post, server, json_logs(fields(n))) for n in range(1, 10)]
        until(lambda: len(server._worker._ready) == 9)
        recorder.gate.set()
        assert {one.result().status for one in [first, *others]} == {200}
    assert [len(commit) for commit in recorder.commits] == [1, 9]


def test_a_request_that_cannot_be_committed_does_not_fail_others() -> None:
    recorder = Recorder()
    recorder.fault = lambda events: (
        ValueError("x") if any(e.key_fields.object_uid == "poison" for e in events) else None
    )
    with receiver(recorder) as server, ThreadPoolExecutor(5) as pool:
        recorder.gate.clear()
        first = pool.submit(post, server, json_logs(fields()))
        waiting(recorder)
        bad = pool.submit(post, server, json_logs(fields(1, tool_use_id="poison")))
        good = [pool.submit(post, server, json_logs(fields(n))) for n in range(2, 5)]
        time.sleep(0.3)
        recorder.gate.set()
        assert bad.result().status == 503
        assert {one.result().status for one in [first, *good]} == {200}
    assert len(recorder.events) == 4


def test_many_requests_on_one_connection_are_answered_in_order() -> None:
    recorder = Recorder()
    with receiver(recorder) as server:
        connection = http.client.HTTPConnection(*server.address, timeout=5)
        for number in range(20):
            connection.request("POST", "/v1/logs", json_logs(fields(number)), {"Content-Type": JSON})
            assert connection.getresponse().read() == b"{}"
        connection.close()
    assert [body["metadata"]["sequence"] for body in recorder.bodies] == list(range(20))


def test_a_compression_bomb_costs_no_more_than_its_limit() -> None:
    bomb = compressed(b"[" + b" " * 200_000_000, "gzip")
    recorder = Recorder()
    with receiver(recorder) as server:
        began = time.process_time()
        reply = post(server, bomb, Content_Encoding="gzip")
        assert (reply.status, recorder.commits) == (413, [])
        assert time.process_time() - began < 2


def test_no_thread_is_left_behind() -> None:
    with receiver(Recorder()) as server:
        post(server, json_logs(fields()))
    time.sleep(0.1)
    assert [thread.name for thread in threading.enumerate() if "otlp" in thread.name] == []


def test_decoding_pauses_while_many_events_wait_for_their_commit_and_all_are_answered() -> None:
    large = protobuf_logs(*[fields(n, filler="x" * 200) for n in range(1000)])
    recorder = Recorder()
    recorder.gate.clear()
    with receiver(recorder, OtlpLimits(ready_bytes=1)) as server, ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(post_from, f"127.0.0.{n + 2}", server, large, PROTOBUF) for n in range(6)]
        waiting(recorder)
        time.sleep(0.3)
        recorder.gate.set()
        assert [one.result().status for one in sent] == [200] * 6
    assert len(recorder.events) == 6000
    assert len(recorder.commits) > 2


def test_many_large_bodies_at_once_are_all_answered() -> None:
    large = protobuf_logs(*[fields(n, filler="x" * 200) for n in range(600)])
    recorder = Recorder()
    with receiver(recorder) as server, ThreadPoolExecutor(12) as pool:
        sent = [pool.submit(post_from, f"127.0.0.{n + 2}", server, large, PROTOBUF) for n in range(12)]
        assert [one.result().status for one in sent] == [200] * 12
    assert len(recorder.events) == 7200
