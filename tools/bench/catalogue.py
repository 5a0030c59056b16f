"""The cost of the catalogue: compiling it at startup, and normalizing an event.

Compared with decoding and encoding the same activities as JSON, in the same process.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf import normalize
from forwarder.ocsf.feed.catalogue import compile_plan, entries
from forwarder.records import Receipt, Record, event_uid, namespace
from forwarder.simulator import scenario

RECEIPT = Receipt(logged_ms=1_781_000_030_000, instance="bench")
ROUNDS = 5


class Cost(NamedTuple):
    """CPU microseconds per activity, the best of several rounds."""

    types: int
    normalize: float
    json: float


def start_ms() -> float:
    """CPU milliseconds to read and compile the whole catalogue."""

    def compile_all() -> None:
        for code, entry in entries().items():
            compile_plan(code, entry)

    return _best(compile_all) * 1e3


def cost(name: str, count: int) -> Cost:
    """The cost of the activities of scenario `name`."""
    issues = scenario(name, now=datetime.now(UTC), count=count)
    activities = [issue.activity for issue in issues if isinstance(issue.activity, dict)]
    records = [_record(number, fields) for number, fields in enumerate(activities)]
    return Cost(
        len({fields["type"] for fields in activities}),
        _best(lambda: _each(lambda record: normalize(record, RECEIPT), records)) / len(records) * 1e6,
        _best(lambda: _each(lambda fields: orjson.loads(orjson.dumps(fields)), activities)) / len(records) * 1e6,
    )


def _record(number: int, fields: dict[str, Any]) -> Record:
    return Record("activities", event_uid(namespace("activity"), fields["id"]), RECEIPT.logged_ms + number, fields)


def _each(step: Callable[[Any], object], items: Iterable[Any]) -> None:
    for item in items:
        step(item)


def _best(work: Callable[[], None]) -> float:
    """CPU seconds of the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)
