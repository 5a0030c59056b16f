"""Any bytes give a clear refusal or valid events, never a fault of the receiver."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.http_server import HttpError
from forwarder.otlp.ingest import DecodeTask
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import LOGS, SIGNALS, Format, Signal
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.otlp.world import RECEIPT, fields, json_logs, protobuf_logs

NESTED = {"list": [1, "x", True, {"a": [2.5]}], "prompt": "secret"}
BODIES: dict[Format, bytes] = {
    "protobuf": protobuf_logs(fields(1, **NESTED), fields(2)),
    "json": json_logs(fields(1, **NESTED), fields(2)),
}
EDITS = st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6), st.integers(0, 6)), max_size=6)


def decoded(signal: Signal, format_: Format, body: bytes) -> DecodeTask | None:
    """The task when all is done; `None` where the request was refused."""
    task = DecodeTask(signal, format_, "", body, RECEIPT, "metadata", OtlpLimits())
    try:
        while not task.step():
            pass
    except HttpError:
        return None
    return task


@given(st.sampled_from(list(BODIES)), st.sampled_from(SIGNALS), EDITS)
@settings(max_examples=400)
def test_a_damaged_body_is_refused_or_gives_valid_events(
    format_: Format, signal: Signal, edits: list[tuple[int, bytes, int]]
) -> None:
    body = bytearray(BODIES[format_])
    for at, piece, length in edits:
        body[at % len(body) : at % len(body) + length] = piece
    task = decoded(signal, format_, bytes(body))
    for event in task.events if task else []:
        parsed = json.loads(event.body)
        assert faults(parsed) + objections(parsed) == []
    assert not any(reason.startswith("fault") for reason in (task.reasons if task else ()))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["key", "value", "attributes", "stringValue", "intValue", "arrayValue", "kvlistValue", "values", "body"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["timeUnixNano", "body", "attributes", "traceId", "eventName"]), JSON_VALUES))
@settings(max_examples=300)
def test_any_json_in_a_record_is_refused_or_gives_a_valid_event(record: dict[str, object]) -> None:
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    task = decoded(LOGS, "json", body)
    for event in task.events if task else []:
        parsed = json.loads(event.body)
        assert faults(parsed) + objections(parsed) == []
    assert not any(reason.startswith("fault") for reason in (task.reasons if task else ()))
