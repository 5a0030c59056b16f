"""The key fields read from an event are those that its normalizer gave it."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from forwarder.ocsf import normalize
from forwarder.ocsf.core.envelope import key_fields
from forwarder.ocsf.key_fields import key_fields_of, stream_of
from forwarder.records import Event, KeyFields
from forwarder.simulator import scenario
from forwarder.sources.activities import admit
from tests.content.case import cases
from tests.ocsf import samples
from tests.ocsf.world import RECEIPT


def events() -> Iterator[tuple[str, Event]]:
    """Every sample, every activity type with several actors, every event of the rules' test cases."""
    for path in samples.inputs():
        yield f"{path.parent.name}/{path.name}", samples.event_of(path)
    for issue in scenario("all-types", now=samples.NOW):
        assert isinstance(issue.activity, dict)
        yield issue.activity["type"], normalize(admit(issue.activity).record, RECEIPT)
    for case in cases().values():
        for test_case in case.test_cases:
            yield from ((f"{case.rule} {test_case.name}", one.event) for one in test_case.events)


def test_key_fields_read_from_an_event_equal_those_it_was_given() -> None:
    held = list(events())
    assert len(held) > 8_000
    wrong = {
        name: (event.key_fields, read)
        for name, event in held
        if (read := key_fields_of(orjson.loads(event.body))) != event.key_fields
    }
    assert wrong == {}
    assert [name for name, event in held if stream_of(orjson.loads(event.body)) != event.stream] == []


def test_an_event_of_another_program_is_refused() -> None:
    event = json.loads('{"class_uid": 3002, "metadata": {"uid": "1", "version": "1.8.0"}}')
    with pytest.raises(KeyError, match="event_code"):
        key_fields_of(event)


def test_key_fields_by_keyword_are_those_of_the_constructor() -> None:
    values: dict[str, Any] = dict(zip(KeyFields._fields, range(len(KeyFields._fields)), strict=True))
    assert key_fields(**values) == KeyFields(**values)
    assert isinstance(key_fields(**values), KeyFields)
