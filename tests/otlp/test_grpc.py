"""OTLP/gRPC: what its clients get, from Python's exporters (gRPC's own C core) and from bare calls."""

import gzip
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.http_server import Tls
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.server import OtlpServer
from forwarder.simulator.certificates import Certificate, make_certificate
from tests.otlp.test_clients import COMMON, HEADERS, RESOURCE, check, now
from tests.otlp.world import RECEIPT, TIME_NS, Counted, Recorder, fields, json_logs, post, protobuf_logs, receiver

ANY = ("127.0.0.1", 0)
EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
SMALL = OtlpLimits(body_bytes=2000, decompressed_bytes=3_000_000, ratio=20, records=5)
OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
"""No limit of the client's own, and a connection a call: calls on one connection would wait for each other."""


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def endpoint(recorder: Recorder) -> Iterator[str]:
    settings: dict[str, Any] = {"token": lambda: "good-token", "receipt": now, "grpc_listen": ANY}
    with receiver(recorder, OtlpLimits(retry_after=1), **settings) as server:
        yield target(server)


def target(server: OtlpServer, host: str = "127.0.0.1") -> str:
    assert server.grpc_address
    return f"{host}:{server.grpc_address[1]}"


def call(
    to: str,
    body: bytes,
    path: str = EXPORT,
    compression: grpc.Compression = grpc.Compression.NoCompression,
    credentials: grpc.ChannelCredentials | None = None,
    **metadata: str,
) -> Any:
    """The response of one call, decoded. Raises `grpc.RpcError`."""
    channel = grpc.secure_channel(to, credentials, OPTIONS) if credentials else grpc.insecure_channel(to, OPTIONS)
    with channel:
        export: Callable[..., bytes] = channel.unary_unary(path)
        answer = export(body, timeout=30, metadata=tuple(metadata.items()), compression=compression)
    return ExportLogsServiceResponse.FromString(answer)


def refused(*arguments: Any, **settings: Any) -> Any:
    """The error of a call that is refused: its `code()`, `details()` and `trailing_metadata()`."""
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments, **settings)
    return error.value


# Python's exporters


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_python_logs(recorder: Recorder, endpoint: str, compression: grpc.Compression) -> None:
    provider = LoggerProvider(RESOURCE)
    exporter = OTLPLogExporter(endpoint, insecure=True, headers=lowered(HEADERS), compression=compression)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("com.anthropic.claude_code.events")
    attributes: dict[str, Any] = {**COMMON, "event.sequence": 1, "tool_name": "Bash", "tool_input": "secret"}
    for _ in range(500):
        logger.emit(LogRecord(event_name="claude_code.tool_result", attributes=attributes, body="secret"))
    provider.shutdown()
    events = check(recorder)["claude_code.tool_result"]
    assert len(events) == 500
    assert (events[0]["api"]["operation"], events[0]["actor"]["user"]["uid"]) == ("tool.Bash", "user_01Ada")


def test_python_metrics_and_spans_on_one_receiver(recorder: Recorder, endpoint: str) -> None:
    metrics = OTLPMetricExporter(endpoint, insecure=True, headers=lowered(HEADERS))
    meters = MeterProvider([PeriodicExportingMetricReader(metrics)], RESOURCE)
    meters.get_meter("com.anthropic.claude_code").create_counter("claude_code.cost.usage", "USD").add(0.5, COMMON)
    meters.shutdown()
    tracers = TracerProvider(resource=RESOURCE)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, insecure=True, headers=lowered(HEADERS))))
    with tracers.get_tracer("office").start_as_current_span("agent.query", attributes=dict(COMMON)):
        pass
    tracers.shutdown()
    assert {"claude_code.cost.usage", "agent.query"} <= check(recorder).keys()


def test_a_client_keeps_what_a_full_store_refuses_and_comes_again(
    recorder: Recorder, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    refusals = iter([StoreUnavailable("full")])
    recorder.fault = lambda events: next(refusals, None)
    provider = LoggerProvider(RESOURCE)
    exporter = OTLPLogExporter(endpoint, insecure=True, headers=lowered(HEADERS))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    provider.get_logger("x").emit(LogRecord(event_name="claude_code.auth", attributes=dict(COMMON)))
    provider.force_flush()
    assert len(recorder.events) == 1
    provider.shutdown()


def lowered(headers: dict[str, str]) -> dict[str, str]:
    """gRPC's metadata has lower-case names."""
    return {name.lower(): value for name, value in headers.items()}


# TLS


def test_it_is_served_by_tls_with_the_receivers_certificate(recorder: Recorder, certificate: Certificate) -> None:
    credentials = grpc.ssl_channel_credentials(certificate.ca.read_bytes())
    with receiver(recorder, tls=Tls(certificate.chain, certificate.key), grpc_listen=ANY) as server:
        call(target(server, "localhost"), protobuf_logs(fields()), credentials=credentials)
    assert len(recorder.events) == 1


def test_with_client_certificates_only_their_holders_may_send(recorder: Recorder, certificate: Certificate) -> None:
    ca, chain, key = (path.read_bytes() for path in (certificate.ca, certificate.chain, certificate.key))
    with receiver(recorder, tls=Tls(certificate.chain, certificate.key, certificate.ca), grpc_listen=ANY) as server:
        to = target(server, "localhost")
        error = refused(to, protobuf_logs(fields()), credentials=grpc.ssl_channel_credentials(ca))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        call(to, protobuf_logs(fields()), credentials=grpc.ssl_channel_credentials(ca, key, chain))
    assert len(recorder.events) == 1


def test_beyond_loopback_a_token_or_client_certificates_are_required() -> None:
    outside: Any = ("0.0.0.0", 0)  # noqa: S104 - that is what is refused
    with pytest.raises(Misconfigured, match=r"sources\.otlp\.grpc_listen.*bearer token"):
        OtlpServer(ANY, Recorder(), lambda: RECEIPT, grpc_listen=outside)
    OtlpServer(ANY, Recorder(), lambda: RECEIPT, grpc_listen=outside, token=lambda: "t").stop()


def test_a_port_that_is_taken_is_named_and_leaves_the_other_free() -> None:
    first = OtlpServer(ANY, Recorder(), lambda: RECEIPT, grpc_listen=ANY)
    with pytest.raises(Misconfigured, match=r"sources\.otlp\.grpc_listen: cannot listen on"):
        OtlpServer(ANY, Recorder(), lambda: RECEIPT, grpc_listen=first.grpc_address)
    first.stop()


# Refused requests

REFUSED: dict[str, tuple[grpc.StatusCode, dict[str, Any]]] = {
    "no token": (grpc.StatusCode.UNAUTHENTICATED, {"authorization": ""}),
    "a wrong token": (grpc.StatusCode.UNAUTHENTICATED, {"authorization": "Bearer wrong"}),
    "an unknown service": (grpc.StatusCode.UNIMPLEMENTED, {"path": "/opentelemetry.proto.Profiles/Export"}),
    "protobuf that is none": (grpc.StatusCode.INVALID_ARGUMENT, {"body": b"\xff\xff\xff"}),
    "protobuf cut short": (grpc.StatusCode.INVALID_ARGUMENT, {"body": protobuf_logs(fields())[:-3]}),
    "a large message": (grpc.StatusCode.RESOURCE_EXHAUSTED, {"body": b"x" * 2001}),
    "a message many times as large": (grpc.StatusCode.RESOURCE_EXHAUSTED, {"body": b"x" * 7_000_000}),
    "a bomb": (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        {"body": b"\0" * 1_900_000, "compression": grpc.Compression.Gzip},
    ),
    "many records": (grpc.StatusCode.RESOURCE_EXHAUSTED, {"body": protobuf_logs(*[{"a": n} for n in range(6)])}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_call_gets_its_status_and_reason_and_makes_no_event(name: str, recorder: Recorder) -> None:
    code, given = REFUSED[name]
    asked = {"body": protobuf_logs(fields()), "authorization": "Bearer good", **given}
    with receiver(recorder, SMALL, token=lambda: "good", grpc_listen=ANY) as server:
        error = refused(target(server), asked.pop("body"), **asked)
        assert (error.code(), recorder.commits) == (code, [])
        assert error.details()
        assert "google.rpc.retryinfo-bin" not in dict(error.trailing_metadata())
        call(target(server), protobuf_logs(fields()), authorization="Bearer good")


@pytest.mark.parametrize("fault", [StoreUnavailable("store is full: 8 of 8 bytes wait"), ValueError("a bug")])
def test_a_request_that_cannot_be_committed_is_unavailable_with_a_time_to_come_again(
    recorder: Recorder, fault: Exception
) -> None:
    recorder.fault = lambda events: fault
    with receiver(recorder, grpc_listen=ANY) as server:
        error = refused(target(server), protobuf_logs(fields()))
    trailers = dict(error.trailing_metadata())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert trailers["google.rpc.retryinfo-bin"] == b"\x0a\x02\x08\x05"  # retry_delay {seconds: 5}
    assert trailers["google.rpc.retryinfo-bin"] in trailers["grpc-status-details-bin"]


def test_calls_beyond_the_limit_are_resource_exhausted_with_a_time_to_come_again(recorder: Recorder) -> None:
    recorder.gate.clear()
    limits = OtlpLimits(in_flight_a_client=1)
    with receiver(recorder, limits, grpc_listen=ANY) as server, ThreadPoolExecutor(1) as pool:
        held = pool.submit(call, target(server), protobuf_logs(fields()))
        assert recorder.asked.acquire(timeout=30)
        error = refused(target(server), protobuf_logs(fields()))
        recorder.gate.set()
        held.result()
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "google.rpc.retryinfo-bin" in dict(error.trailing_metadata())
    assert len(recorder.events) == 1


def test_records_that_are_refused_are_counted_and_explained(recorder: Recorder) -> None:
    meter = Counted()
    with receiver(recorder, grpc_listen=ANY, meter=meter) as server:
        answer = call(target(server), b"\x0a\x05\x12\x03\x12\x01\x0f")  # a record that is none
    assert (answer.partial_success.rejected_log_records, meter.records) == (1, [("logs", 0, 1)])
    assert answer.partial_success.error_message


def test_a_message_that_names_no_encoding_or_an_unknown_one_is_refused(recorder: Recorder) -> None:
    with receiver(recorder, grpc_listen=ANY) as server:
        for encoding, status in (("br", "12"), ("identity", "3")):
            assert framed(server, b"\x01" + b"\0\0\0\x01x", encoding)["grpc-status"] == status
        for body in (b"", b"\0\0\0\0", b"\0\0\0\0\x09x", b"\x02\0\0\0\0", b"\0\0\0\0\0" * 2):
            assert framed(server, body)["grpc-status"] == "3"
        message = gzip.compress(protobuf_logs(fields()))
        sent = b"\x01" + len(message).to_bytes(4, "big") + message
        assert framed(server, sent, "gzip")["grpc-status"] == "0"
    assert len(recorder.events) == 1


def framed(server: OtlpServer, body: bytes, encoding: str = "identity") -> dict[str, str]:
    """The headers and trailers of a response to a body that no client of gRPC would send."""
    from tests.http_server.http2_client import Http2Client

    assert server.grpc_address
    with Http2Client(server.grpc_address) as client:
        headers = {"content-type": "application/grpc", "grpc-encoding": encoding}
        return client.ask("POST", EXPORT, body, headers).headers


# Both protocols on one receiver


def test_a_client_of_the_other_protocol_learns_where_to_send(recorder: Recorder) -> None:
    meter = Counted()
    with receiver(recorder, grpc_listen=ANY, meter=meter) as server:
        assert server.grpc_address
        by_grpc = refused(f"127.0.0.1:{server.address[1]}", protobuf_logs(fields()))
        assert by_grpc.code() is grpc.StatusCode.UNIMPLEMENTED
        assert "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in by_grpc.details()
        server.address = server.grpc_address
        by_http = post(server, json_logs(fields(), time_ns=str(TIME_NS)))
    assert (by_http.status, by_http.headers["content-type"]) == (505, "text/plain; charset=utf-8")
    assert b"OTLP/gRPC only" in by_http.body
    assert [reason for _, reason in meter.refusals] == ["wrong-protocol"] * 2


def test_tls_on_a_plain_address_and_the_reverse_are_named(recorder: Recorder, certificate: Certificate) -> None:
    meter = Counted()
    credentials = grpc.ssl_channel_credentials(certificate.ca.read_bytes())
    with receiver(recorder, grpc_listen=ANY, meter=meter) as server:
        refused(target(server, "localhost"), protobuf_logs(fields()), credentials=credentials)
    assert {reason for _, reason in meter.refusals} == {"tls-to-plain"}
    meter.refusals.clear()
    with receiver(recorder, grpc_listen=ANY, meter=meter, tls=Tls(certificate.chain, certificate.key)) as server:
        assert "https" in refused(target(server), protobuf_logs(fields())).details()
        reply = post(server, json_logs(fields()))
        assert (reply.status, b"https://" in reply.body) == (400, True)
    assert {reason for _, reason in meter.refusals} == {"plain-to-tls"}


def test_a_client_that_does_not_trust_the_certificate_is_named(
    recorder: Recorder, certificate: Certificate, tmp_path: Path
) -> None:
    meter, stranger = Counted(), make_certificate(tmp_path)
    credentials = grpc.ssl_channel_credentials(stranger.ca.read_bytes())
    with receiver(recorder, grpc_listen=ANY, meter=meter, tls=Tls(certificate.chain, certificate.key)) as server:
        error = refused(target(server, "localhost"), protobuf_logs(fields()), credentials=credentials)
        assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "tls-handshake" in [reason for _, reason in meter.refusals]
