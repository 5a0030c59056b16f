"""Real clients: OpenTelemetry's SDKs for JavaScript (what Claude Code uses), three versions, and for Python."""

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from forwarder.errors import StoreUnavailable
from forwarder.otlp.limits import OtlpLimits
from forwarder.records import Receipt
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.otlp import node
from tests.otlp.world import Recorder, receiver

HEADERS = {"Authorization": "Bearer good-token"}
RESOURCE = Resource({"service.name": "claude-code", "service.version": "2.1.232"})
COMMON = {"session.id": "s1", "user.account_id": "user_01Ada", "organization.id": "o1"}


def now() -> Receipt:
    """The clients' clocks are real."""
    return Receipt(time.time_ns() // 1_000_000, "inst_0001")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def endpoints(recorder: Recorder) -> Iterator[dict[str, str]]:
    """By protocol."""
    settings: dict[str, Any] = {"token": lambda: "good-token", "receipt": now, "grpc_listen": ("127.0.0.1", 0)}
    with receiver(recorder, OtlpLimits(retry_after=1), **settings) as server:
        assert server.grpc_address
        ports = {"http": server.address[1], "grpc": server.grpc_address[1]}
        yield {protocol: f"http://127.0.0.1:{port}" for protocol, port in ports.items()}


@pytest.fixture
def endpoint(endpoints: dict[str, str]) -> str:
    """Of OTLP/HTTP."""
    return endpoints["http"]


def check(recorder: Recorder) -> dict[str, list[Any]]:
    """All valid and free of content; the events by code."""
    assert [found for event in recorder.bodies if (found := faults(event) + objections(event))] == []
    assert not any(b"secret" in event.body for event in recorder.events)
    codes = {event.key_fields.event_code for event in recorder.events}
    return {code: [b for b in recorder.bodies if b["metadata"]["event_code"] == code] for code in codes}


@pytest.mark.parametrize("version", node.VERSIONS)
@pytest.mark.parametrize("format_", ["http", "proto", "grpc"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_javascript(
    recorder: Recorder, endpoints: dict[str, str], version: str, format_: str, compression: str
) -> None:
    node.send(version, endpoints["grpc" if format_ == "grpc" else "http"], format_, compression)
    made = check(recorder)
    results, (figure,) = made["claude_code.tool_result"], made["claude_code.token.usage"]
    assert [event["metadata"]["sequence"] for event in results] == list(range(10))
    assert [event["status"] for event in results] == ["Failure", "Success"] * 5
    assert results[0]["unmapped"]["workspace.host_paths"] == ["/src/a", "/src/b"]
    assert results[0]["unmapped"]["content"]["tool_input"] == {"length": 32}
    assert figure["message_context"]["prompt_tokens"] == figure["unmapped"]["usage"]["value"] == 123
    assert {event.stream for event in recorder.events} == {"agent", "usage"}


@pytest.mark.parametrize("compression", Compression)
def test_python_logs(recorder: Recorder, endpoint: str, compression: Compression) -> None:
    provider = LoggerProvider(RESOURCE)
    exporter = OTLPLogExporter(f"{endpoint}/v1/logs", headers=HEADERS, compression=compression)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("com.anthropic.claude_code.events")
    attributes: dict[str, Any] = {**COMMON, "event.sequence": 1, "tool_name": "Bash", "tool_input": "secret"}
    logger.emit(LogRecord(event_name="claude_code.tool_result", attributes=attributes, body={"a": ["secret", None]}))
    provider.shutdown()
    (event,) = check(recorder)["claude_code.tool_result"]
    assert (event["api"]["operation"], event["actor"]["user"]["uid"]) == ("tool.Bash", "user_01Ada")


def test_python_metrics(recorder: Recorder, endpoint: str) -> None:
    delta: dict[type, AggregationTemporality] = {Counter: AggregationTemporality.DELTA}
    exporter = OTLPMetricExporter(f"{endpoint}/v1/metrics", headers=HEADERS, preferred_temporality=delta)
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)], RESOURCE)
    meter = provider.get_meter("com.anthropic.claude_code")
    meter.create_counter("claude_code.cost.usage", "USD").add(0.0123, {**COMMON, "model": "m"})
    meter.create_histogram("x.duration", "ms").record(12.5)
    provider.shutdown()
    made = check(recorder)
    assert made["claude_code.cost.usage"][0]["unmapped"]["cost"]["amount"] == "0.0123"
    assert made["x.duration"][0]["unmapped"]["metric"]["count"] == 1


def test_python_spans(recorder: Recorder, endpoint: str) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "office-agent"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces", headers=HEADERS)))
    tracer = provider.get_tracer("office")
    with tracer.start_as_current_span("agent.query", attributes={**COMMON, "user.message": "a secret"}) as outer:
        outer.add_event("asked", {"document.url": "https://secret.example"})
        with tracer.start_as_current_span("agent.tool_execution"):
            pass
    provider.shutdown()
    made = check(recorder)
    (query,), (tool,) = made["agent.query"], made["agent.tool_execution"]
    assert tool["trace"]["span"]["parent_uid"] == query["trace"]["span"]["uid"]
    assert query["unmapped"]["content"] == {"user.message": {"length": 8}}


def test_a_client_keeps_what_a_full_store_refuses_and_comes_again(
    recorder: Recorder, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    refusals = iter([StoreUnavailable("full")])
    recorder.fault = lambda events: next(refusals, None)
    exporter = OTLPLogExporter(f"{endpoint}/v1/logs", headers=HEADERS)
    provider = LoggerProvider(RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    provider.get_logger("x").emit(LogRecord(event_name="claude_code.auth", attributes=dict(COMMON)))
    provider.force_flush()
    assert len(recorder.events) == 1
    provider.shutdown()
