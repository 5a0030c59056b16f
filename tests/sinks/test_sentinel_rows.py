"""An event as a row: promoted columns first, no column over its limit, and a note of each cut."""

import string
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.records import KeyFields
from forwarder.simulator.logs_ingestion import MAX_BODY, MAX_FIELD
from forwarder.sinks.sentinel import columns, row
from forwarder.sinks.sentinel.rows import CUT, timestamp
from tests.ocsf import samples
from tests.sinks.deliveries import body, key_fields

PROMOTED = {
    "TimeGenerated": "2026-04-10T08:09:10.123Z",
    "EventTime": "2026-04-10T08:09:10.123Z",
    "CollectedTime": "2026-04-10T08:10:10.123Z",
    "EventUid": "uid-0",
    "EventCode": "claude_chat_created",
    "ActorUid": "user_1",
    "ActorName": "ada@example.com",
    "ActorType": "user_actor",
    "SrcIp": "192.0.2.34",
    "ObjectUid": "chat_0",
    "ObjectType": "Chat",
    "OrganizationUuid": "org-uuid",
    "Model": "claude-opus",
    "TotalTokens": 1234,
    "Revision": 9,
}


def test_a_row_has_the_promoted_columns_and_the_attributes_of_the_event() -> None:
    made = orjson.loads(row(key_fields(0), body(0, text="ü")))
    assert made == {**PROMOTED, **orjson.loads(body(0, text="ü"))}


def test_every_attribute_of_every_sample_has_a_column_in_its_table() -> None:
    """Azure drops without a word what has none."""
    events = [samples.event_of(path) for path in samples.inputs()]
    assert len(events) > 100
    dropped = {
        (event.stream, name)
        for event in events
        for name in orjson.loads(row(event.key_fields, event.body))
        if name not in columns(event.stream)
    }
    assert dropped == set()


def test_a_value_that_an_event_does_not_have_is_no_column() -> None:
    blank = dict.fromkeys(KeyFields._fields[6:])
    made = orjson.loads(row(key_fields(0, **blank), body(0)))
    assert list(made) == [*list(PROMOTED)[:5], *orjson.loads(body(0))]


def column_bytes(value: Any) -> int:
    """The size of a column as Azure counts it: text as UTF-8, objects as compact JSON."""
    return len(value.encode()) if isinstance(value, str) else len(orjson.dumps(value))


SIZES = st.one_of(
    st.integers(0, 200),
    st.integers(MAX_FIELD - 5000, MAX_FIELD + 300),
    st.sampled_from([100_000, 2_000_000]),
)
CHARACTERS = st.sampled_from(["x", "ü", "\U0001f600", '"', "\x01", "\\"])


@given(st.lists(st.tuples(SIZES, CHARACTERS, st.booleans()), max_size=4), SIZES, SIZES, CHARACTERS)
def test_no_column_is_longer_than_azure_keeps_and_every_cut_is_named(
    attributes: list[tuple[int, str, bool]], unmapped_size: int, key_size: int, character: str
) -> None:
    event: dict[str, Any] = {"class_uid": 6001, "metadata": {"uid": "uid-0"}}
    for name, (size, fill, nested) in zip(string.ascii_lowercase, attributes, strict=False):
        text = fill * (size // len(fill.encode()))
        event[name] = {"inner": [text, 1]} if nested else text
    keys = key_fields(0, user=character * (key_size // len(character.encode())), object_uid="z" * key_size)
    event["actor"] = {"user": {"name": keys.user}}
    event["unmapped"] = {"own": "y" * unmapped_size, "chat": keys.object_uid}
    made = orjson.loads(row(keys, orjson.dumps(event)))
    assert all(column_bytes(value) <= MAX_FIELD for value in made.values())
    cut = made["unmapped"].pop("forwarder", {"cut_columns": {}})["cut_columns"]
    whole = {**PROMOTED, "ActorName": keys.user, "ObjectUid": keys.object_uid, **event}
    assert set(made) == set(whole)
    for name, value in whole.items():
        if name not in cut:
            assert made[name] == value
        else:
            assert cut[name] >= column_bytes(value) > MAX_FIELD * 0.9
            assert name == "unmapped" or CUT in orjson.dumps(made[name]).decode()


def test_the_note_of_a_cut_never_makes_another_column_too_long() -> None:
    for size in range(MAX_FIELD - 200, MAX_FIELD, 7):
        event = {"message": "m" * 100_000, "unmapped": {"own": "y" * (size - 10)}}
        made = orjson.loads(row(key_fields(0), orjson.dumps(event)))
        assert column_bytes(event["unmapped"]) == size
        assert column_bytes(made["unmapped"]) <= MAX_FIELD
        assert "message" in made["unmapped"]["forwarder"]["cut_columns"]


def test_a_row_without_long_columns_has_no_note() -> None:
    many = {f"attribute_{n}": "x" * 10_000 for n in range(20)}
    made = orjson.loads(row(key_fields(0), body(0, **many)))
    assert made == {**PROMOTED, **orjson.loads(body(0, **many))}


def test_the_row_of_a_2_mb_event_fits_into_a_call_and_keeps_the_beginning() -> None:
    message = "the beginning of it " * 100_000
    made = row(key_fields(0), body(0, message=message, nested={"deep": [message]}))
    assert len(made) < MAX_BODY * 0.85
    columns = orjson.loads(made)
    assert columns["message"].startswith("the beginning of it the")
    assert columns["message"].endswith(CUT)
    assert columns["nested"]["cut"].startswith('{"deep":["the beginning')
    assert columns["unmapped"]["forwarder"]["cut_columns"].keys() == {"message", "nested"}
    assert columns["unmapped"]["n"] == 0


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_a_time_is_written_as_azure_writes_it(time: datetime) -> None:
    time = time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=UTC)
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    time_ms = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    assert timestamp(time_ms) == time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-(10**18), "0001-01-01T00:00:00.000Z"),
        (10**18, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_beyond_the_calendar_is_the_nearest_in_it(time_ms: int, text: str) -> None:
    assert timestamp(time_ms) == text
