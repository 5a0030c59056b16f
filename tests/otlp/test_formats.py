"""A record gives the same event in every format, dialect, compression and framing, over real HTTP."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_DELTA, Sum
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.otlp.world import (
    JSON,
    PROTOBUF,
    TIME_NS,
    Recorder,
    compressed,
    fields,
    json_logs,
    post,
    protobuf_logs,
    receiver,
)

NESTED = {"list": [1, "x", True, 1.5, {"a": [2**40, -1]}], "big": 2**62, "neg": -7, "share": 0.25, "nothing": None}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def sent(body: bytes | Iterator[bytes], content_type: str = JSON, path: str = "/v1/logs", **headers: str) -> Recorder:
    recorder = Recorder()
    with receiver(recorder) as server:
        reply = post(server, body, path, content_type, **headers)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == content_type.partition(";")[0]
    assert reply.body == (b"{}" if content_type.startswith(JSON) else b"")
    return recorder


def test_json_in_both_dialects_and_protobuf_give_the_same_bytes() -> None:
    record = fields(3, **NESTED)
    variants = [
        sent(json_logs(record)),
        sent(json_logs(record, whole_as_text=False, time_ns=TIME_NS)),
        sent(json_logs(record), "application/json; charset=utf-8"),
        sent(protobuf_logs(record), PROTOBUF),
    ]
    first = variants[0].events
    assert first[0].key_fields.event_code == "claude_code.tool_result"
    assert json.loads(first[0].body)["unmapped"]["list"] == NESTED["list"]
    assert [recorder.events for recorder in variants] == [first] * 4


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("chunked", [False, True])
def test_every_compression_and_framing_is_accepted(encoding: str, chunked: bool) -> None:
    body = compressed(json_logs(*[fields(n) for n in range(50)]), encoding)
    pieces = (body[at : at + 100] for at in range(0, len(body), 100))
    recorder = sent(pieces if chunked else body, Content_Encoding=encoding.removeprefix("raw "))
    assert len(recorder.events) == 50


def test_a_gzip_of_several_members_is_read_whole() -> None:
    body = json_logs(fields())
    assert len(sent(compressed(body[:40], "gzip") + compressed(body[40:], "gzip"), Content_Encoding="gzip").events) == 1


def test_expect_100_continue_is_answered() -> None:
    assert len(sent(json_logs(fields()), Expect="100-continue").events) == 1


def test_an_empty_request_is_no_event_and_no_commit() -> None:
    assert sent(b"{}").commits == []
    assert sent(b"", PROTOBUF).commits == []


@pytest.mark.parametrize("hexadecimal", [True, False])
def test_spans_are_read_with_ids_in_hexadecimal_or_base64(hexadecimal: bool) -> None:
    def id_of(text: str) -> str:
        return text if hexadecimal else base64.b64encode(bytes.fromhex(text)).decode()

    span = {
        "traceId": id_of(TRACE),
        "spanId": id_of(SPAN),
        "name": "agent.query",
        "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": str(TIME_NS),
        "endTimeUnixNano": str(TIME_NS + 5_000_000),
        "status": {"code": "STATUS_CODE_ERROR"},
        "events": [{"name": "e", "timeUnixNano": str(TIME_NS), "attributes": []}],
        "unknownField": {"of": "the future"},
    }
    held = {"attributes": [{"key": "service.name", "value": {"stringValue": "office-agent"}}]}
    body = json.dumps({"resourceSpans": [{"resource": held, "scopeSpans": [{"spans": [span]}]}]}).encode()
    (event,) = sent(body, path="/v1/traces").bodies
    assert (event["trace"]["uid"], event["trace"]["span"]["uid"]) == (TRACE, SPAN)
    assert (event["status"], event["unmapped"]["span_kind"]) == ("Failure", 2)
    assert _protobuf_span() == event


def _protobuf_span() -> Any:
    request = ExportTraceServiceRequest()
    held = request.resource_spans.add()
    pair = held.resource.attributes.add()
    pair.key, pair.value.string_value = "service.name", "office-agent"
    held.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(SPAN),
        name="agent.query",
        kind="SPAN_KIND_SERVER",
        start_time_unix_nano=TIME_NS,
        end_time_unix_nano=TIME_NS + 5_000_000,
        status=Status(code=Status.STATUS_CODE_ERROR),
    ).events.add(name="e", time_unix_nano=TIME_NS)
    (event,) = sent(request.SerializeToString(), PROTOBUF, "/v1/traces").bodies
    return event


POINT = {"startTimeUnixNano": str(TIME_NS - 10**9), "timeUnixNano": str(TIME_NS)}
FORMS: list[dict[str, Any]] = [
    {"sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [{**POINT, "asInt": "3"}]}},
    {"sum": {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "dataPoints": [{**POINT, "asDouble": 3}]}},
    {"gauge": {"dataPoints": [{**POINT, "asDouble": "NaN"}]}},
    {"histogram": {"dataPoints": [{**POINT, "count": "2", "bucketCounts": ["1", "1"], "explicitBounds": [1.5]}]}},
    {"exponentialHistogram": {"dataPoints": [{**POINT, "count": 1, "scale": 2, "positive": {"bucketCounts": ["1"]}}]}},
    {"summary": {"dataPoints": [{**POINT, "count": 1, "sum": 2.5, "quantileValues": [{"quantile": 1, "value": 2}]}]}},
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_metric_is_read_in_json(form: dict[str, Any]) -> None:
    metric = {"name": "claude_code.token.usage", "unit": "tokens", **form}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()
    (event,) = sent(body, path="/v1/metrics").events
    assert event.stream == ("usage" if "sum" in form else "agent")


def test_every_form_of_metric_is_read_in_protobuf() -> None:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for form in ("sum", "gauge", "histogram", "exponential_histogram", "summary"):
        metric = scope.metrics.add(name="claude_code.token.usage", unit="tokens")
        point = getattr(metric, form).data_points.add(time_unix_nano=TIME_NS)
        if form in ("sum", "gauge"):
            point.as_double = 3.0
            point.exemplars.add(as_int=1, time_unix_nano=TIME_NS)
        else:
            point.count, point.sum = 2, 2.5
    scope.metrics[0].sum.MergeFrom(Sum(aggregation_temporality=AGGREGATION_TEMPORALITY_DELTA))
    scope.metrics[4].summary.data_points[0].quantile_values.add(quantile=1, value=float("inf"))
    events = sent(request.SerializeToString(), PROTOBUF, "/v1/metrics").events
    assert [event.stream for event in events] == ["usage", "agent", "agent", "agent", "agent"]
    assert json.loads(events[4].body)["unmapped"]["metric"]["quantiles"] == [{"quantile": 1.0, "value": "inf"}]


def test_bytes_come_as_base64_and_a_key_that_comes_twice_is_kept_twice() -> None:
    pairs = [{"key": "k", "value": {"bytesValue": "AQI="}}, {"key": "k", "value": {"doubleValue": "-Infinity"}}]
    record = {"timeUnixNano": TIME_NS, "eventName": "x", "attributes": pairs}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    (event,) = sent(body).bodies
    assert {event["unmapped"]["k"], event["unmapped"]["k\ufffd"]} == {"AQI=", "-inf"}


def test_a_lone_surrogate_of_a_text_cut_by_a_client_is_replaced() -> None:
    (event,) = sent(json_logs(fields(colour="red\ud83d"))).bodies
    assert event["unmapped"]["colour"] == "red?"
