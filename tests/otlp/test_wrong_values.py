"""One wrong value costs at most itself, and one wrong record itself: the rest of a request is taken as it is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from forwarder.otlp.ingest import DecodeTask
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import LOGS, Format
from forwarder.records import Event
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.otlp.world import (
    JSON,
    PROTOBUF,
    RECEIPT,
    TIME_NS,
    Recorder,
    fields,
    json_logs,
    post,
    protobuf_logs,
    receiver,
)

DAY_NS = 86_400 * 10**9


def events(format_: Format, body: bytes, rejected: int = 0) -> list[Event]:
    """The events of a request of log records in the mode `full`. Fails where another number of records is refused."""
    task = DecodeTask(LOGS, format_, "", body, RECEIPT, "full", OtlpLimits())
    while not task.step():
        pass
    assert task.rejected == rejected, task.reasons
    return task.events


@pytest.mark.parametrize("format_", ["json", "protobuf"])
def test_bytes_that_are_no_utf8_are_replaced_and_no_other_record_is_touched(format_: Format) -> None:
    build = json_logs if format_ == "json" else protobuf_logs
    body = build(*[fields(number, note="caf\u00e9" if number == 7 else "fine") for number in range(20)])
    good = events(format_, body)
    latin = body.replace(json.dumps("caf\u00e9").encode(), b'"caf\xe9"').replace("caf\u00e9".encode(), b"caf\xe9\xff")
    assert latin != body
    bad = events(format_, latin)
    assert bad[:7] + bad[8:] == good[:7] + good[8:]
    note = json.loads(bad[7].body)["unmapped"]["note"]
    assert note.startswith("caf\ufffd")
    assert bad[7].key_fields.uid == good[7].key_fields.uid


def test_names_and_nested_values_in_protobuf_that_are_no_utf8_are_replaced() -> None:
    body = protobuf_logs(fields(1, BADNAME={"list": ["BADITEM", 1]}), fields(2)).replace(b"BAD", b"\xff\xfe\xfd")
    first, second = events("protobuf", body)
    assert json.loads(first.body)["unmapped"]["\ufffd\ufffd\ufffdNAME"] == {"list": ["\ufffd\ufffd\ufffdITEM", 1]}
    assert second == events("protobuf", protobuf_logs(fields(1), fields(2)))[1]


WRONG: dict[str, tuple[str, str, str, Any]] = {
    "a number that is text": ('"intValue": "12"', '"intValue": "a dozen"', "duration_ms", "a dozen"),
    "a text that is a number": ('"stringValue": "fine"', '"stringValue": 5', "note", 5),
    "a text that is a list": ('"stringValue": "fine"', '"stringValue": ["a", 1]', "note", ["a", 1]),
    "a value without its type": ('{"stringValue": "fine"}', '"fine"', "note", "fine"),
    "a time that is a sentence": (f'"{TIME_NS}"', '"soon"', "timeUnixNano", "soon"),
    "a negative time": (f'"{TIME_NS}"', "-1", "timeUnixNano", -1),
    "an id of a wrong length": ('"body"', '"traceId": "abc", "body"', "traceId", "abc"),
    "a severity of another type": ('"body"', '"severityNumber": {"a": 1}, "body"', "severityNumber", {"a": 1}),
    "a number that is none": ('{"stringValue": "fine"}', '{"doubleValue": "1.5.2"}', "note", "1.5.2"),
    "an integer of thousands of digits": (
        '{"stringValue": "fine"}',
        '{"intValue": %s}' % ("9" * 5000),
        "note",
        "9" * 5000,
    ),
    "a key that is no text": ('"key": "note"', '"key": 7', "malformed_attribute", None),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_of_another_type_is_kept_and_costs_neither_its_record_nor_others(name: str) -> None:
    right, wrong, place, kept = WRONG[name]
    both = json.loads(json_logs(fields(1, note="fine"), fields(2)))
    alone = json.dumps(both["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0])
    assert right in alone
    body = json.dumps(both).replace(alone, alone.replace(right, wrong)).encode()
    event, other = events("json", body)
    parsed = json.loads(event.body)
    assert faults(parsed) == []
    found = {**parsed["unmapped"], "duration_ms": parsed["unmapped"].get("duration_ms")}
    assert found[place] == kept or kept is None
    assert parsed["metadata"]["sequence"] == 1
    assert other == events("json", json_logs(fields(2)))[0]


def test_a_value_that_is_nested_too_deep_is_kept_as_text() -> None:
    deep: Any = "x"
    for _ in range(150):
        deep = [deep]
    event, other = events("json", json_logs(fields(1, note=deep), fields(2)))
    assert "stringValue" in str(json.loads(event.body)["unmapped"]["note"])
    assert other == events("json", json_logs(fields(2)))[0]


def test_a_value_in_protobuf_that_is_nested_too_deep_costs_itself() -> None:
    request = ExportLogsServiceRequest.FromString(protobuf_logs(fields(1), fields(2)))
    pair = request.resource_logs[0].scope_logs[0].log_records[0].attributes.add(key="note")
    value = pair.value
    for _ in range(150):
        value = value.array_value.values.add()
    value.string_value = "x"
    first, second = events("protobuf", request.SerializeToString())
    assert json.loads(first.body)["metadata"]["sequence"] == 1
    assert second == events("protobuf", protobuf_logs(fields(2)))[0]


def test_what_is_no_record_is_counted_and_costs_no_other() -> None:
    both = json.loads(json_logs(fields(1)))
    both["resourceLogs"][0]["scopeLogs"][0]["logRecords"] += [7, None]
    both["resourceLogs"] += ["text", {"scopeLogs": 5}, {"scopeLogs": [[]]}]
    assert events("json", json.dumps(both).encode(), rejected=5) == events("json", json_logs(fields(1)))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(0, 10**6), JSON_VALUES)
@settings(max_examples=200, deadline=None)
def test_any_value_in_any_place_of_a_record_costs_no_other_record(at: int, value: Any) -> None:
    request = json.loads(json_logs(fields(1, note="x", nested={"a": [1, {"b": None}]}), fields(2)))
    record = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    places = list(_places(record))
    holder, key = places[at % len(places)]
    holder[key] = value
    *_, other = events("json", json.dumps(request).encode())
    assert other == events("json", json_logs(fields(2)))[0]
    for event in events("json", json.dumps(request).encode()):
        parsed = json.loads(event.body)
        assert faults(parsed) + objections(parsed) == []


def _places(held: Any) -> Any:
    for key, value in list(held.items() if isinstance(held, dict) else enumerate(held)):
        yield held, key
        if isinstance(value, dict | list):
            yield from _places(value)


@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_a_clock_two_days_ahead_costs_no_record_its_delivery(content_type: str) -> None:
    recorder = Recorder()
    body = json_logs(fields(28), time_ns=str(TIME_NS + 2 * DAY_NS))
    if content_type == PROTOBUF:
        body = protobuf_logs(fields(28), time_ns=TIME_NS + 2 * DAY_NS)
    with receiver(recorder) as server:
        reply = post(server, body, content_type=content_type)
    assert (reply.status, reply.body) == (200, b"{}" if content_type == JSON else b"")
    (event,) = recorder.bodies
    assert event["time"] == RECEIPT.logged_ms
    assert event["metadata"]["labels"] == ["time:receipt"]
    assert event["metadata"]["original_time"] == "2026-06-11T10:13:20.123Z"


def test_content_that_is_sent_under_a_name_twice_is_content_both_times() -> None:
    pairs = [{"key": "prompt", "value": {"stringValue": "The merger is on Friday."}}] * 3
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": pairs}]}]}]}).encode()
    recorder = Recorder()
    with receiver(recorder) as server:
        assert post(server, body).status == 200
    assert b"merger" not in recorder.events[0].body
    assert [entry["length"] for entry in recorder.bodies[0]["unmapped"]["content"].values()] == [24] * 3
