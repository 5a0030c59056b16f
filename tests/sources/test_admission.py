"""Which items of the feed are records, and the reasons of the others."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.anthropic import read_time
from forwarder.errors import Reject
from forwarder.records import Record, event_uid, namespace
from forwarder.sources.activities import admit, refused_activity

ROW = {"id": "activity_1", "type": "claude_chat_created", "created_at": "2026-04-10T08:09:10Z"}
SPACE = namespace("activity")

REFUSED: list[tuple[Any, str]] = [
    (None, "not-an-object"),
    (17, "not-an-object"),
    ("text", "not-an-object"),
    ([], "not-an-object"),
    ({}, "no-id"),
    ({**ROW, "id": None}, "no-id"),
    ({**ROW, "id": ""}, "no-id"),
    ({**ROW, "id": 5}, "no-id"),
    ({**ROW, "id": ["a"]}, "no-id"),
    ({**ROW, "type": None}, "no-type"),
    ({**ROW, "type": 7}, "no-type"),
    ({"id": "a", "created_at": ROW["created_at"]}, "no-type"),
    ({**ROW, "created_at": None}, "bad-created-at"),
    ({**ROW, "created_at": 1_780_000_000}, "bad-created-at"),
    ({**ROW, "created_at": ""}, "bad-created-at"),
    ({**ROW, "created_at": "yesterday"}, "bad-created-at"),
    ({**ROW, "created_at": "2026-02-30T00:00:00Z"}, "bad-created-at"),
    ({**ROW, "created_at": "2026-04-10T08:09:10"}, "bad-created-at"),
    ({**ROW, "created_at": "2026-04-10"}, "bad-created-at"),
    ({**ROW, "created_at": {"seconds": 1}}, "bad-created-at"),
]


@pytest.mark.parametrize(("item", "reason"), REFUSED)
def test_an_item_that_is_not_a_record_is_refused_with_its_reason(item: Any, reason: str) -> None:
    with pytest.raises(Reject) as refused:
        admit(item)
    assert refused.value.reason == reason
    assert len(str(refused.value)) < 200
    made = refused_activity(item, refused.value)
    assert (made.source, made.refused_by, made.reason) == ("activities", "source", reason)
    assert json.loads(made.body) == item


@given(st.text(min_size=1), st.text(), st.dictionaries(st.text(), st.none() | st.integers() | st.text()))
def test_anything_with_id_type_and_time_is_a_record(uid: str, kind: str, rest: dict[str, Any]) -> None:
    row = {**rest, "id": uid, "type": kind, "created_at": "2026-04-10T08:09:10.123456Z"}
    incoming = admit(row)
    assert isinstance(incoming.record, Record)
    assert incoming.record.uid == event_uid(SPACE, uid)
    assert incoming.record.fields == row
    assert incoming.created_us == incoming.record.time_ms * 1000 + 456 == 1_775_808_550_123_456


TIMES = [
    ("2026-04-10T08:09:10Z", 1_775_808_550_000_000),
    ("2026-04-10T08:09:10.5Z", 1_775_808_550_500_000),
    ("2026-04-10T08:09:10.000538Z", 1_775_808_550_000_538),
    ("2026-04-10T08:09:10.123456789Z", 1_775_808_550_123_456),
    ("2026-04-10t08:09:10z", 1_775_808_550_000_000),
    ("2026-04-10 08:09:10Z", 1_775_808_550_000_000),
    ("2026-04-10T10:09:10+02:00", 1_775_808_550_000_000),
    ("2026-04-10T02:39:10-05:30", 1_775_808_550_000_000),
    ("2026-04-10T08:09:10-00:00", 1_775_808_550_000_000),
    ("2016-12-31T23:59:60Z", 1_483_228_799_000_000),
    ("1969-12-31T23:59:59.999999Z", -1),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ("0001-01-01T00:00:00+23:59", -62_135_683_140_000_000),
    ("9999-12-31T23:59:59.999999-23:59", 253_402_387_139_999_999),
]


@pytest.mark.parametrize(("text", "micros"), TIMES)
def test_every_spelling_of_a_time_is_read(text: str, micros: int) -> None:
    assert read_time(text) == micros


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(-1439, 1439),
    st.sampled_from("Tt "),
    st.integers(0, 9),
)
def test_a_time_is_read_to_the_microsecond_in_every_zone(
    local: datetime, minutes: int, between: str, digits: int
) -> None:
    zone = timezone(timedelta(minutes=minutes))
    aware = local.replace(tzinfo=zone)
    fraction = f"{local.microsecond:06d}000"[:digits]
    text = f"{local:%H:%M:%S}{'.' + fraction if digits else ''}{aware.isoformat()[-6:]}"
    text = f"{local.date().isoformat()}{between}{text}"
    kept = aware.replace(microsecond=int(fraction.ljust(6, "0")[:6]))
    assert read_time(text) == (kept - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(st.text(max_size=40))
def test_any_other_text_is_refused_without_another_error(text: str) -> None:
    with suppress(Reject):
        assert isinstance(read_time(text), int)


def test_a_deeply_nested_item_becomes_a_dead_letter_too() -> None:
    nested: Any = []
    for _ in range(700):
        nested = [nested]
    item = {"id": "", "x": nested}
    with pytest.raises(Reject) as refused:
        admit(item)
    assert refused_activity(item, refused.value).body
