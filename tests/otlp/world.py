"""Requests in both formats, a receiver whose commits can be delayed and made to fail, and a plain client."""

import gzip
import http.client
import json
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from forwarder.http_server import HttpError
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.server import Meter, OtlpServer
from forwarder.records import Event, Receipt

TIME_NS = 1_781_000_000_123_000_000
RECEIPT = Receipt(logged_ms=1_781_000_030_000, instance="inst_0001")
DEFAULTS = OtlpLimits()
JSON, PROTOBUF = "application/json", "application/x-protobuf"
Fields = dict[str, Any]


class Recorder:
    """Keeps what is committed. `fault` is raised instead; `gate` is waited for first."""

    def __init__(self) -> None:
        self.commits: list[list[Event]] = []
        self.fault: Callable[[Sequence[Event]], Exception | None] = lambda events: None
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Semaphore(0)

    def __call__(self, events: Sequence[Event]) -> None:
        self.asked.release()
        self.gate.wait(10)
        if fault := self.fault(events):
            raise fault
        self.commits.append(list(events))

    @property
    def events(self) -> list[Event]:
        return [event for commit in self.commits for event in commit]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(event.body) for event in self.events]


class Counted(Meter):
    """Records what was reported to it."""

    def __init__(self) -> None:
        self.statuses: list[tuple[str, int]] = []
        self.records: list[tuple[str, int, int]] = []
        self.refusals: list[tuple[str, str]] = []

    def answered(self, path: str, status: int) -> None:
        self.statuses.append((path, status))

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        self.records.append((signal, events, rejected))

    def refused(self, client: str, error: HttpError) -> None:
        self.refusals.append((client, error.reason))


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def receiver(
    recorder: Callable[[Sequence[Event]], None],
    limits: OtlpLimits = DEFAULTS,
    receipt: Callable[[], Receipt] = lambda: RECEIPT,
    **settings: Any,
) -> Iterator[OtlpServer]:
    server = OtlpServer(("127.0.0.1", 0), recorder, receipt, limits=limits, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop(1.0)


def post(
    server: OtlpServer,
    body: bytes | Iterator[bytes] = b"",
    path: str = "/v1/logs",
    content_type: str = JSON,
    method: str = "POST",
    **headers: str,
) -> Reply:
    """One request on a connection of its own. Names in `headers` with `_` for `-`; an iterator is sent in chunks."""
    connection = http.client.HTTPConnection(*server.address, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, {"Content-Type": content_type, **named})
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.compress(body)
    if encoding == "raw deflate":
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(body) + packer.flush()
    return zlib.compress(body) if encoding == "deflate" else body


def fields(number: int = 0, **more: Any) -> Fields:
    """The attributes of one tool result."""
    event = {
        "event.name": "tool_result",
        "event.sequence": number,
        "session.id": "s1",
        "user.email": "ada@example.com",
    }
    return {**event, "tool_name": "Bash", "success": "true", "duration_ms": 12, **more}


def json_logs(
    *records: Fields, whole_as_text: bool = True, time_ns: Any = str(TIME_NS), service: str = "claude-code"
) -> bytes:
    """A request in OTLP's JSON: 64-bit integers as text, or as numbers as JavaScript sends them."""

    def value(given: Any) -> Any:
        if isinstance(given, bool):
            return {"boolValue": given}
        if isinstance(given, int):
            return {"intValue": str(given) if whole_as_text else given}
        if isinstance(given, float):
            return {"doubleValue": given}
        if isinstance(given, list):
            return {"arrayValue": {"values": [value(item) for item in given]}}
        if isinstance(given, dict):
            return {"kvlistValue": {"values": pairs(given)}}
        return {} if given is None else {"stringValue": given}

    def pairs(given: Fields) -> list[Any]:
        return [{"key": key, "value": value(item)} for key, item in given.items()]

    listed = [{"timeUnixNano": time_ns, "body": value("claude_code.x"), "attributes": pairs(r)} for r in records]
    scope = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": listed}
    held = {"attributes": pairs({"service.name": service})}
    return json.dumps({"resourceLogs": [{"resource": held, "scopeLogs": [scope]}]}).encode()


def protobuf_logs(*records: Fields, time_ns: int = TIME_NS) -> bytes:
    """The same request in protobuf."""
    request = ExportLogsServiceRequest()
    held = request.resource_logs.add()
    _pairs(held.resource.attributes, {"service.name": "claude-code"})
    scope = held.scope_logs.add()
    scope.scope.name = "com.anthropic.claude_code.events"
    for fields in records:
        record = scope.log_records.add()
        record.time_unix_nano = time_ns
        record.body.string_value = "claude_code.x"
        _pairs(record.attributes, fields)
    encoded: bytes = request.SerializeToString()
    return encoded


def _pairs(place: Any, given: Fields) -> None:
    for key, item in given.items():
        pair = place.add()
        pair.key = key
        _set(pair.value, item)


def _set(place: AnyValue, given: Any) -> None:
    if isinstance(given, bool):
        place.bool_value = given
    elif isinstance(given, int):
        place.int_value = given
    elif isinstance(given, float):
        place.double_value = given
    elif isinstance(given, str):
        place.string_value = given
    elif isinstance(given, list):
        place.array_value.SetInParent()
        for item in given:
            _set(place.array_value.values.add(), item)
    elif isinstance(given, dict):
        place.kvlist_value.SetInParent()
        _pairs(place.kvlist_value.values, given)
