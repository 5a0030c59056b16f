"""The validator itself: each family of faults, planted in a valid event, is noticed."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from forwarder.ocsf import normalise
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, activity, body, record

Event = dict[str, Any]

FAULTS: dict[str, Callable[[Event], object]] = {
    "an unknown class": lambda e: e.update(class_uid=9999),
    "an unknown attribute": lambda e: e.update(flavour="salt"),
    "an unknown attribute deep inside": lambda e: e["actor"]["user"].update(flavour="salt"),
    "an attribute of a profile that is not listed": lambda e: e["metadata"].pop("profiles"),
    "a profile the class does not have": lambda e: e["metadata"].update(profiles=["host", "ai_operation"]),
    "a required attribute missing": lambda e: e.pop("web_resources"),
    "a required attribute missing deep inside": lambda e: e["metadata"].pop("version"),
    "text for a number": lambda e: e.update(severity_id="1"),
    "a number for text": lambda e: e["metadata"].update(uid=5),
    "true for a number": lambda e: e.update(severity_id=True),
    "one for many": lambda e: e.update(web_resources=e["web_resources"][0]),
    "text for an object": lambda e: e.update(actor="ada"),
    "a number that means nothing": lambda e: e.update(severity_id=77),
    "another activity's type_uid": lambda e: e.update(type_uid=600102),
    "another caption": lambda e: e.update(severity="High"),
    "another class name": lambda e: e.update(class_name="Authentication"),
    "another type name": lambda e: e.update(type_name="Web Resources Activity: Read"),
    "seconds": lambda e: e.update(time=e["time"] // 1000),
    "microseconds": lambda e: e.update(time=e["time"] * 1000),
    "a fractional time": lambda e: e.update(time=float(e["time"])),
    "no uid and no name": lambda e: e["web_resources"][0].pop("uid"),
    "a bad address": lambda e: e["src_endpoint"].update(ip="192.0.2.x"),
    "a bad e-mail address": lambda e: e["actor"]["user"].update(email_addr="ada"),
    "an observable that points nowhere": lambda e: e["observables"][0].update(name="src_endpoint.port"),
    "an observable with another value": lambda e: e["observables"][0].update(value="192.0.2.1"),
    "a null": lambda e: e["unmapped"].update(x=None),
    "an empty string": lambda e: e["unmapped"].update(x=[""]),
    "another version": lambda e: e["metadata"].update(version="1.7.0"),
}


def valid() -> Event:
    fields = activity("claude_chat_created", claude_chat_id="claude_chat_01", claude_project_id="claude_proj_01")
    return body(normalise(record(fields), RECEIPT))


def test_a_valid_event_has_no_faults() -> None:
    assert faults(valid()) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_noticed(fault: str) -> None:
    event = copy.deepcopy(valid())
    FAULTS[fault](event)
    assert faults(event) != []
