"""The work for a request grows with its bytes, whatever is in them: counted, for hostile families and for anything."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from forwarder.gzip import read_deflate, read_gzip
from forwarder.http_server import HttpError
from forwarder.otlp.ingest import DecodeTask
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import LOGS, METRICS, TRACES, Format, Signal
from forwarder.privacy import Mode
from tests.otlp.world import RECEIPT, compressed, protobuf_logs
from tests.work import growth, work_of

SIZE = 400
MOST_GROWTH = 1.2
MOST_A_BYTE = 150
"""Work a byte: an empty record, of three bytes, becomes an event in 300 lines."""
Request = tuple[Signal, Format, bytes]


def decoded(request: Request, mode: Mode = "metadata", limits: OtlpLimits = OtlpLimits()) -> DecodeTask:  # noqa: B008
    """The task of a request, done. Raises `HttpError`."""
    signal, format_, body = request
    task = DecodeTask(signal, format_, "", body, RECEIPT, mode, limits)
    while not task.step():
        pass
    return task


def work(request: Request, mode: Mode = "metadata") -> int:
    """Lines and calls of decoding and mapping, and the size of the events that are made."""
    made: list[int] = []

    def decode() -> None:
        try:
            made.append(decoded(request, mode).size)
        except HttpError:
            made.append(0)

    return work_of(decode) + made[0] // 64


# Requests of one kind, of any size


def in_json(record: Any, *, key: str = "Logs", inner: str = "logRecords", resource: Any = None) -> bytes:
    scope = {inner: record if isinstance(record, list) else [record]}
    return json.dumps({f"resource{key}": [{"resource": resource or {}, f"scope{key}": [scope]}]}).encode()


def pair(key: str, value: Any = "x", kind: str = "stringValue") -> dict[str, Any]:
    return {"key": key, "value": {kind: value}}


def log(attributes: list[Any], **others: Any) -> Request:
    return LOGS, "json", in_json({"eventName": "claude_code.tool_result", "attributes": attributes, **others})


def nested(depth: int, kind: str) -> Any:
    value: Any = {"stringValue": "x"}
    for _ in range(depth):
        inner = [value] if kind == "arrayValue" else [{"key": "k", "value": value}]
        value = {kind: {"values": inner}}
    return value


def brackets(depth: int) -> Any:
    return json.loads("[" * (depth + 1) + "]" * (depth + 1))


def point(**fields: Any) -> Request:
    metric = {"name": "claude_code.token.usage", "histogram": {"dataPoints": [fields]}}
    return METRICS, "json", in_json(metric, key="Metrics", inner="metrics")


def span(**fields: Any) -> Request:
    ids = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}
    return TRACES, "json", in_json({**ids, **fields}, key="Spans", inner="spans")


def groups(n: int, **resource: Any) -> Request:
    group = {"resource": resource, "scopeLogs": [{"scope": {"name": "s"}, "logRecords": [{}]}]}
    return LOGS, "json", json.dumps({"resourceLogs": [group] * n}).encode()


def protobuf(n: int, attribute: Callable[[int], tuple[str, str]], invalid: bytes = b"") -> Request:
    body = protobuf_logs(*[dict([attribute(number)]) for number in range(n)])
    return LOGS, "protobuf", body.replace(b"BAD", invalid or b"BAD")


def one_key(n: int) -> Request:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    for _ in range(n):
        record.attributes.add().key = "k"
    return LOGS, "protobuf", request.SerializeToString()


FAMILIES: dict[str, Callable[[int], Request]] = {
    "one key repeated": lambda n: log([pair("k")] * n),
    "one key repeated, in protobuf": one_key,
    "one key repeated after its numbered names": lambda n: log(
        [*[pair(f"k\ufffd{number}") for number in range(3, n)], *[pair("k")] * n]
    ),
    "one key repeated in a list of values": lambda n: log([pair("a", {"values": [pair("k")] * n}, "kvlistValue")]),
    "keys that become equal": lambda n: log([pair(chr(0xD800 + number)) for number in range(n)]),
    "content repeated": lambda n: log([pair("prompt", "x" * 300)] * n),
    "names too long": lambda n: log([pair("k" * 300 + str(number)) for number in range(n)]),
    "many attributes": lambda n: log([pair(f"k{number}") for number in range(n)]),
    "names of the forwarder's own entries": lambda n: log([pair("resource"), pair("attributes.resource")] * n),
    "attributes that are none": lambda n: log([7] * n),
    "lists deep in lists": lambda n: log([{"key": "k", "value": nested(n // 8, "arrayValue")}] * 8),
    "objects deep in objects": lambda n: log([{"key": "k", "value": nested(n // 8, "kvlistValue")}] * 8),
    "a value of another type, deep": lambda n: log([pair("k", brackets(n // 8))] * 8),
    "long texts with escapes": lambda n: log([pair("tool_input", '\\"\n\u20ac' * n)]),
    "texts cut within a character": lambda n: log([pair(f"k{number}", "\ud83d" * 3) for number in range(n)]),
    "base64": lambda n: log([pair("k", "QUJD" * n, "bytesValue")]),
    "huge integers": lambda n: log([pair("k", int("9" * 40), "intValue")] * n + [pair("cut", "\ud800")]),
    "numbers as text": lambda n: log([pair("cost_usd", "1" * n, "doubleValue"), pair("duration_ms", "1" * n)]),
    "many records": lambda n: (LOGS, "json", in_json([{} for _ in range(n)])),
    "many records, in protobuf": lambda n: protobuf(n, lambda number: ("k", str(number))),
    "many records that are none": lambda n: (LOGS, "json", in_json([7] * n)),
    "many resources": groups,
    "many resources without records": lambda n: (LOGS, "json", json.dumps({"resourceLogs": [{}] * n}).encode()),
    "text that is no UTF-8": lambda n: protobuf(n, lambda number: (f"k{number}", "BAD"), b"\xff\xfe\xfd"),
    "buckets": lambda n: point(bucketCounts=["1"] * n, explicitBounds=[1.5] * n),
    "buckets deep in buckets": lambda n: point(bucketCounts=brackets(n // 2)),
    "exemplars": lambda n: point(exemplars=[{"asInt": "1", "filteredAttributes": [pair("k")]}] * n),
    "span events": lambda n: span(events=[{"name": "e", "attributes": [pair("k")]}] * n),
    "span links": lambda n: span(links=[{"traceId": "x"}] * n),
    "a name of any length": lambda n: span(name="agent." * n),
    "an e-mail address that is none": lambda n: log([pair("user.email", "a@" + "a." * n)]),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("mode", ["metadata", "hash", "full"])
def test_the_work_for_a_request_grows_with_its_size(name: str, mode: Mode) -> None:
    family = FAMILIES[name]
    work(family(2), mode)  # the tables are read, and the caches filled, once
    assert growth(lambda n: work(family(n), mode), SIZE) < MOST_GROWTH


def test_a_resource_is_not_multiplied_by_the_records_without_a_limit() -> None:
    def request(n: int) -> Request:
        resource = {"attributes": [pair(f"k{number}", "x" * 20) for number in range(n)]}
        return LOGS, "json", in_json([{} for _ in range(n)], resource=resource)

    limits = OtlpLimits(event_bytes=1_000_000)
    assert decoded(request(50), limits=limits).size < 200_000
    with pytest.raises(HttpError, match="events of the request are larger than 1000000 bytes") as refused:
        decoded(request(400), limits=limits)
    assert refused.value.status == 413
    assert work_of(lambda: refusal(request(400), limits)) < 400 * work_of(lambda: decoded(request(1))) / 2, (
        "few were made"
    )


def refusal(request: Request, limits: OtlpLimits) -> int:
    """The status with which a request is refused; 0 where it is not."""
    try:
        decoded(request, limits=limits)
    except HttpError as error:
        return error.status
    return 0


def test_a_request_holds_no_more_than_its_budget_of_values() -> None:
    limits = OtlpLimits(values=1000)
    for request in (
        log([pair("k")] * 1500),
        one_key(1500),
        point(bucketCounts=[1] * 5000),
        (LOGS, "protobuf", b"\x0a\x00" * 1500),
        (LOGS, "protobuf", b"\x18\x00" * 1500),
    ):
        with pytest.raises(HttpError, match="more than 1000 attributes") as refused:
            decoded(request, limits=limits)
        assert refused.value.status == 413
        decoded((request[0], request[1], b"{}" if request[1] == "json" else b""), limits=limits)


def test_a_large_record_of_empty_messages_is_counted_before_it_is_decoded() -> None:
    record = b"\x32\x00" * 100_000
    scope = b"\x12" + _length(record) + record
    group = b"\x12" + _length(scope) + scope
    request: Request = (LOGS, "protobuf", b"\x0a" + _length(group) + group)
    limits = OtlpLimits(values=500)
    assert refusal(request, limits) == 413
    assert work_of(lambda: refusal(request, limits)) < 50_000


def _length(of: bytes) -> bytes:
    number, out = len(of), bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


# Compression


@pytest.mark.parametrize("member", [b"", b"x" * 100])
def test_the_work_to_decompress_grows_with_what_comes_out_and_not_with_the_members(member: bytes) -> None:
    def members(n: int) -> int:
        body = gzip.compress(member) * n
        return work_of(lambda: read_gzip(body, 2**30))

    members(1)
    assert members(4000) <= members(1) + 4000 * len(member) // 64


def test_a_deflate_stream_of_empty_blocks_costs_its_bytes() -> None:
    blocks = b"\x00\x00\x00\xff\xff" * 40_000 + compressed(b"x", "raw deflate")
    assert read_deflate(blocks, 10) == b"x"
    assert work_of(lambda: read_deflate(blocks, 10)) < 200


# Anything

LEAVES = st.sampled_from(
    ["x", "", "k\ufffd", "\ud800", "prompt", "event.name", 0, -1, 2**70, 1.5, "1e9", None, True, "9" * 30]
)
NAMES = st.sampled_from(
    [
        *("key", "value", "attributes", "stringValue", "intValue", "doubleValue", "arrayValue", "kvlistValue"),
        *(
            "values",
            "bytesValue",
            "body",
            "events",
            "links",
            "status",
            "traceId",
            "dataPoints",
            "sum",
            "exemplars",
            "name",
        ),
    ]
)
TIMES = st.integers(1, 40)
PIECES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, TIMES).map(lambda one: [one[0]] * one[1])
        | st.tuples(inner, NAMES, TIMES).map(lambda one: _wrapped(*one))
        | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=8,
)
PLACES: dict[Signal, tuple[str, str]] = {
    LOGS: ("Logs", "logRecords"),
    METRICS: ("Metrics", "metrics"),
    TRACES: ("Spans", "spans"),
}


def _wrapped(value: Any, name: str, times: int) -> Any:
    for _ in range(times):
        value = {name: value}
    return value


@given(st.sampled_from(list(PLACES)), st.dictionaries(NAMES, PIECES, max_size=4), TIMES, PIECES)
@settings(max_examples=150, deadline=None)
def test_no_request_is_more_work_than_its_bytes_allow(
    signal: Signal, record: dict[str, Any], times: int, resource: Any
) -> None:
    key, inner = PLACES[signal]
    body = in_json([record] * times, key=key, inner=inner, resource={"attributes": resource})
    if len(body) < 200_000:
        assert work((signal, "json", body)) < 5000 + MOST_A_BYTE * len(body)
