"""What the catalogue costs: compiling the table at start, and normalising an event by it.

In this process, beside what reading and writing the same activities as JSON costs in the same run.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from forwarder.identity import event_uid, namespace
from forwarder.ocsf import normalise
from forwarder.ocsf.feed.catalogue import compile_plan, entries
from forwarder.records import Receipt, Record
from forwarder.simulator import scenario

RECEIPT = Receipt(logged_ms=1_781_000_030_000, instance="bench")
ROUNDS = 5


class Cost(NamedTuple):
    """CPU microseconds an activity, the best of some rounds."""

    types: int
    normalise: float
    json: float


def start_ms() -> float:
    """CPU milliseconds to read and compile the whole table."""

    def compile_all() -> None:
        for code, entry in entries().items():
            compile_plan(code, entry)

    return _best(compile_all) * 1e3


def cost(name: str, count: int) -> Cost:
    """What activities of the scenario `name` cost."""
    issues = scenario(name, now=datetime.now(UTC), count=count)
    activities = [issue.activity for issue in issues if isinstance(issue.activity, dict)]
    records = [_record(number, fields) for number, fields in enumerate(activities)]
    return Cost(
        len({fields["type"] for fields in activities}),
        _best(lambda: _each(lambda record: normalise(record, RECEIPT), records)) / len(records) * 1e6,
        _best(lambda: _each(lambda fields: orjson.loads(orjson.dumps(fields)), activities)) / len(records) * 1e6,
    )


def _record(number: int, fields: dict[str, Any]) -> Record:
    return Record("activities", event_uid(namespace("activity"), fields["id"]), RECEIPT.logged_ms + number, fields)


def _each(step: Callable[[Any], object], items: Iterable[Any]) -> None:
    for item in items:
        step(item)


def _best(work: Callable[[], None]) -> float:
    """CPU seconds of the quickest round."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)
