"""Responses: 200 for what is committed, and for everything else a status with its reason."""

import json
import socket
import zlib
from typing import Any

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from forwarder.errors import StoreUnavailable
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.server import OtlpServer
from tests.otlp.world import (
    JSON,
    PROTOBUF,
    RECEIPT,
    TIME_NS,
    Counted,
    Recorder,
    Reply,
    compressed,
    fields,
    json_logs,
    post,
    protobuf_logs,
    receiver,
)

SMALL = OtlpLimits(body_bytes=2000, decompressed_bytes=3_000_000, ratio=20, records=5, header_bytes=2000)


def asked(*arguments: Any, limits: OtlpLimits = SMALL, **settings: Any) -> tuple[Reply, Recorder]:
    recorder = Recorder()
    with receiver(recorder, limits) as server:
        return post(server, *arguments, **settings), recorder


def status_of(body: bytes) -> tuple[int, str]:
    """A `google.rpc.Status` in protobuf, read by hand: a field 1 of one byte, a field 2 of text."""
    assert (body[0], body[2]) == (0x08, 0x12)
    length, at = body[3], 4
    if length > 0x7F:
        length, at = length & 0x7F | body[4] << 7, 5
    assert len(body) == at + length
    return body[1], body[at:].decode()


# Refused requests

BOMB = zlib.compress(b"\0" * 30_000_000, 9)[:2000]
REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "json that is none": (400, {"body": b'{"resourceLogs": ['}),
    "a json list": (400, {"body": b"[]"}),
    "protobuf that is none": (400, {"body": b"\xff\xff\xff", "content_type": PROTOBUF}),
    "protobuf cut short": (400, {"body": protobuf_logs(fields())[:-3], "content_type": PROTOBUF}),
    "json under protobuf's name": (400, {"body": json_logs(fields()), "content_type": PROTOBUF}),
    "gzip that is none": (400, {"body": b"no gzip", "Content_Encoding": "gzip"}),
    "gzip cut short": (400, {"body": compressed(json_logs(fields()), "gzip")[:-20], "Content_Encoding": "gzip"}),
    "deflate that is none": (400, {"body": b"no deflate", "Content_Encoding": "deflate"}),
    "an unknown path": (404, {"path": "/v1/profiles"}),
    "another method": (405, {"method": "GET"}),
    "a large body": (413, {"body": b"x" * 2001}),
    "a large body in chunks": (413, {"body": (b"x" * 100 for _ in range(30))}),
    "a bomb": (413, {"body": BOMB, "Content_Encoding": "deflate"}),
    "many records": (413, {"body": protobuf_logs(*[{"a": n} for n in range(6)]), "content_type": PROTOBUF}),
    "another content type": (415, {"content_type": "text/plain"}),
    "another encoding": (415, {"body": b"x", "Content_Encoding": "br"}),
    "large headers": (431, {"X_Flood": "x" * 3000}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_request_gets_its_status_and_reason_and_makes_no_event(name: str) -> None:
    status, request = REFUSED[name]
    reply, recorder = asked(**request)
    assert (reply.status, recorder.commits) == (status, [])
    if request.get("content_type", JSON) == JSON and status != 431:
        assert reply.json["message"]
    else:
        assert status_of(reply.body)[1]
    assert reply.headers["content-type"] in (JSON, PROTOBUF)


def test_an_error_never_quotes_what_was_sent() -> None:
    for body in (b'{"resourceLogs": "hunter2"}', b"hunter2", json_logs(fields(), time_ns="hunter2")):
        assert b"hunter2" not in asked(body)[0].body


def test_a_405_names_the_method_that_is_allowed() -> None:
    assert asked(method="PUT")[0].headers["allow"] == "POST"


def test_bytes_that_are_no_http_get_a_400_and_the_next_client_is_served() -> None:
    recorder = Recorder()
    with receiver(recorder) as server:
        with socket.create_connection(server.address, timeout=5) as raw:
            raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 400")
        assert post(server, json_logs(fields())).status == 200


# Partial success


def test_records_that_are_refused_are_counted_and_explained_in_json() -> None:
    both = json.loads(json_logs(fields()))
    both["resourceLogs"] += ["hunter2", {"scopeLogs": [{"logRecords": [7]}]}]
    reply, recorder = asked(json.dumps(both).encode(), limits=OtlpLimits())
    assert (reply.status, len(recorder.events)) == (200, 1)
    partial = reply.json["partialSuccess"]
    assert partial["rejectedLogRecords"] == "2"
    assert "not-an-object" in partial["errorMessage"]


@pytest.mark.parametrize(
    ("path", "response", "count"),
    [
        ("/v1/logs", ExportLogsServiceResponse, "rejected_log_records"),
        ("/v1/traces", ExportTraceServiceResponse, "rejected_spans"),
    ],
)
def test_records_that_are_refused_are_counted_and_explained_in_protobuf(
    path: str, response: type[Message], count: str
) -> None:
    # As a log record, the last byte is no message; as a span, the record's bytes are one without ids.
    request = b"\x0a\x05\x12\x03\x12\x01\x0f" if path == "/v1/logs" else protobuf_logs(fields())
    reply, recorder = asked(request, path, PROTOBUF, limits=OtlpLimits())
    partial: Any = response.FromString(reply.body)
    assert (reply.status, recorder.commits) == (200, [])
    assert getattr(partial.partial_success, count) == 1
    assert partial.partial_success.error_message


# Commit before the answer


def refusing(fault: Exception) -> Recorder:
    recorder = Recorder()
    recorder.fault = lambda events: fault
    return recorder


@pytest.mark.parametrize("fault", [StoreUnavailable("store is full: 8 of 8 bytes wait"), ValueError("a bug")])
def test_a_request_that_cannot_be_committed_is_answered_503_with_retry_after(fault: Exception) -> None:
    with receiver(refusing(fault)) as server:
        in_json = post(server, json_logs(fields()))
        binary = post(server, protobuf_logs(fields()), content_type=PROTOBUF)
    assert (in_json.status, binary.status) == (503, 503)
    assert in_json.headers["retry-after"] == "5"
    assert in_json.json["code"] == status_of(binary.body)[0] == 14


def test_the_answer_waits_for_the_commit() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    with receiver(recorder, OtlpLimits(commit_seconds=0.2)) as server:
        assert post(server, json_logs(fields())).status == 503
        recorder.gate.set()
        assert post(server, json_logs(fields())).status == 200


def test_a_store_that_has_room_again_is_used_at_once() -> None:
    recorder = refusing(StoreUnavailable("full"))
    with receiver(recorder) as server:
        assert post(server, json_logs(fields())).status == 503
        recorder.fault = lambda events: None
        assert post(server, json_logs(fields())).status == 200
    assert len(recorder.events) == 1


def test_the_meter_counts_answers_and_records() -> None:
    meter = Counted()
    with receiver(Recorder(), meter=meter) as server:
        post(server, json_logs(fields(), fields(1)))
        post(server, b'{"resourceLogs": [7]}')
        post(server, path="/nowhere")
    assert meter.statuses == [("/v1/logs", 200), ("/v1/logs", 200), ("", 404)]
    assert meter.records == [("logs", 2, 0), ("logs", 0, 1)]


def test_the_mode_holds_whatever_the_client_sends() -> None:
    prompt = fields(prompt="The merger is on Friday.")
    recorder = Recorder()
    for mode in ("metadata", "hash", "full"):
        with receiver(recorder, mode=mode) as server:
            post(server, json_logs(prompt, service="cowork"))
    assert [b"merger" in event.body for event in recorder.events] == [False, False, True]


def test_a_stopped_receiver_accepts_no_more() -> None:
    recorder = Recorder()
    server = OtlpServer(("127.0.0.1", 0), recorder, lambda: RECEIPT)
    server.start()
    assert post(server, json_logs(fields(), time_ns=str(TIME_NS))).status == 200
    server.stop()
    with pytest.raises(OSError, match="refused"):
        post(server, json_logs(fields()))


def test_a_server_that_was_never_started_can_be_stopped() -> None:
    server = OtlpServer(("127.0.0.1", 0), Recorder(), lambda: RECEIPT)
    server.stop()
