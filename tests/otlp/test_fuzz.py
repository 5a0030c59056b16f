"""Whatever bytes come: a clear refusal, or events that are valid. Never a fault of ours."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.otlp.answers import Format
from forwarder.otlp.job import Job
from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import KINDS, LOGS, Kind, Refusal
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.otlp.world import RECEIPT, fields, json_logs, protobuf_logs

NESTED = {"list": [1, "x", True, {"a": [2.5]}], "prompt": "secret"}
BODIES: dict[Format, bytes] = {
    "protobuf": protobuf_logs(fields(1, **NESTED), fields(2)),
    "json": json_logs(fields(1, **NESTED), fields(2)),
}
EDITS = st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6), st.integers(0, 6)), max_size=6)


def digested(kind: Kind, format_: Format, body: bytes) -> Job | None:
    """The job when all is done; `None` where the client was told why not."""
    job = Job(kind, format_, "", body, RECEIPT, "metadata", Limits())
    try:
        while not job.step():
            pass
    except Refusal:
        return None
    return job


@given(st.sampled_from(list(BODIES)), st.sampled_from(list(KINDS.values())), EDITS)
@settings(max_examples=400)
def test_a_damaged_body_is_refused_or_gives_valid_events(
    format_: Format, kind: Kind, edits: list[tuple[int, bytes, int]]
) -> None:
    body = bytearray(BODIES[format_])
    for at, piece, length in edits:
        body[at % len(body) : at % len(body) + length] = piece
    job = digested(kind, format_, bytes(body))
    for event in job.events if job else []:
        parsed = json.loads(event.body)
        assert faults(parsed) + objections(parsed) == []
    assert not any(reason.startswith("fault") for reason in (job.reasons if job else ()))


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
    job = digested(LOGS, "json", body)
    for event in job.events if job else []:
        parsed = json.loads(event.body)
        assert faults(parsed) + objections(parsed) == []
    assert not any(reason.startswith("fault") for reason in (job.reasons if job else ()))
