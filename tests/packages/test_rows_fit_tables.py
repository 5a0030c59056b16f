"""What the forwarder sends is what the tables take: every column declared, of its type, over the events of all samples.

Azure drops a field that a stream does not declare, and says so nowhere (structure of a data collection rule).
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import pytest

from forwarder.records import Event, Stream
from forwarder.sinks.sentinel import TABLES, row
from tests.ocsf.samples import event_of, inputs
from tests.packages.arm import of_type

DECLARED: dict[str, Any] = of_type("dataCollectionRules")[0]["properties"]["streamDeclarations"]
LONG = 2**63


def is_time(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -LONG <= value < LONG


FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "datetime": is_time,
    "long": is_integer,
    "real": lambda value: isinstance(value, float) or is_integer(value),
    "boolean": lambda value: isinstance(value, bool),
    "dynamic": lambda value: isinstance(value, dict | list),
}


def misfits(stream: Stream, sent: dict[str, Any]) -> list[str]:
    """The columns that the stream would drop or could not hold."""
    columns = {column["name"]: column["type"] for column in DECLARED[f"Custom-{TABLES[stream]}"]["columns"]}
    return [name for name, value in sent.items() if name not in columns or not FITS[columns[name]](value)]


@cache
def events() -> list[Event]:
    return [event_of(source) for source in inputs()]


def test_every_sample_fits_its_table() -> None:
    assert len(events()) > 100
    wrong = {
        e.key_fields.event_code: m
        for e in events()
        if (m := misfits(e.stream, orjson.loads(row(e.key_fields, e.body))))
    }
    assert wrong == {}


@pytest.mark.parametrize("stream", ["activity", "usage", "agent"])
def test_samples_of_every_stream_are_among_them(stream: Stream) -> None:
    assert [event for event in events() if event.stream == stream]


def test_an_undeclared_or_mistyped_column_is_found() -> None:
    event = events()[0]
    sent = orjson.loads(row(event.key_fields, event.body))
    assert misfits(event.stream, {**sent, "news": 1}) == ["news"]
    assert misfits(event.stream, {**sent, "TotalTokens": "7"}) == ["TotalTokens"]
    assert misfits(event.stream, {**sent, "EventTime": 1_700_000_000}) == ["EventTime"]
    assert misfits(event.stream, {**sent, "metadata": "text"}) == ["metadata"]
