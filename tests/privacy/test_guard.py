"""No text that the mode forbids is in an event, under any name, nesting or signal."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.ocsf.agent import Telemetry
from forwarder.privacy import guarded
from forwarder.privacy.content import LONGEST, NAMES
from tests.ocsf.agent_world import bare, event_of, log, made, origin, point, span

SECRET = "The merger with Example Ltd. is on Friday."
LONG = SECRET * 10
OTHER_NAMES = ["color", "tool_name", "model", "user.email", "session.id", "event.name", "service.name"]


def carriers(name: str, value: Any) -> list[Telemetry]:
    """Every place for an attribute in a request."""
    held = {name: value}
    event = {"name": "e", "time": 0, "attributes": held}
    where = origin(**held)
    where.attributes = held
    return [
        log("tool_result", **held),
        bare("stranger", **held),
        log("tool_result", where),
        span(**held),
        span()._replace(events=[event], links=[{"attributes": held}]),
        point(**held),
        point()._replace(details={"exemplars": [{"value": 1, "attributes": held}]}),
        bare("x", outer={"inner": [held]}),
    ]


@pytest.mark.parametrize("mode", ["metadata", "hash"])
@pytest.mark.parametrize("name", sorted(NAMES))
def test_text_of_a_content_attribute_is_in_no_event(name: str, mode: Any) -> None:
    for value in (SECRET, {"text": SECRET}, [SECRET], {"deep": [{"x": SECRET}]}):
        for record in carriers(name, value):
            assert SECRET.encode() not in event_of(record, mode).body


@pytest.mark.parametrize("mode", ["metadata", "hash"])
@pytest.mark.parametrize(
    "name", ["color", "tool_name", "model", "user.email", "session.id", "event.name", "service.name"]
)
def test_long_text_is_content_under_any_name(name: str, mode: Any) -> None:
    for value in (LONG, [LONG], {"x": [{"y": LONG}]}):
        for record in carriers(name, value):
            assert SECRET.encode() not in event_of(record, mode).body


@pytest.mark.parametrize("mode", ["metadata", "hash"])
def test_text_outside_attributes_is_guarded_too(mode: Any) -> None:
    records: list[Telemetry] = [
        bare("x", body=SECRET),
        bare("x", body={"message": SECRET}),
        bare(LONG),
        bare(body=LONG),
        log()._replace(severity_text=LONG),
        span(LONG),
        span()._replace(status=2, status_message=SECRET),
        point(LONG),
        point()._replace(unit=LONG),
        bare("x", **{LONG: 1}),
    ]
    for record in records:
        assert SECRET.encode() not in event_of(record, mode).body


def test_mode_metadata_keeps_the_length_and_mode_hash_also_the_digest() -> None:
    record = log("user_prompt", prompt=SECRET)
    summary = {"length": len(SECRET)}
    assert made(record)["unmapped"]["content"] == {"prompt": summary}
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    assert made(record, "hash")["unmapped"]["content"] == {"prompt": {**summary, "sha256": digest}}


def test_mode_full_keeps_the_text() -> None:
    event = made(log("user_prompt", prompt=SECRET, color=LONG), "full")
    assert (event["unmapped"]["prompt"], event["unmapped"]["color"]) == (SECRET, LONG)
    assert made(log("tool_result", error=SECRET), "full")["status_detail"] == SECRET


def test_content_redacted_by_the_client_stays_redacted() -> None:
    unmapped = made(log("user_prompt", prompt="<REDACTED>", prompt_length=42))["unmapped"]
    assert unmapped["prompt"] == "<REDACTED>"
    assert "content" not in unmapped


def test_short_texts_under_other_names_and_numbers_are_no_content() -> None:
    unmapped = made(log("api_request_body", body_length="12", body_ref="x" * LONGEST, error=True))["unmapped"]
    assert (unmapped["body_length"], unmapped["body_ref"], unmapped["error"]) == (12, "x" * LONGEST, True)


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.text(), st.lists, max_leaves=4), max_size=3))
@settings(max_examples=100, deadline=None)
def test_mode_full_changes_nothing(fields: dict[str, Any]) -> None:
    assert guarded(fields, "full") == (fields, {})


def test_the_digest_of_content_does_not_depend_on_key_order() -> None:
    first, second = {"prompt": {"a": 1, "b": 2}}, {"prompt": {"b": 2, "a": 1}}
    assert json.dumps(guarded(first, "hash")) == json.dumps(guarded(second, "hash"))
