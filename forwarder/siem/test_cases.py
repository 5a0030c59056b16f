"""The bundled test cases of the rules: for given events, the rows that each rule must return, in either language."""

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import orjson

from forwarder.bundled import rule_folders
from forwarder.errors import Misconfigured
from forwarder.records import Event, KeyFields, Stream

NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)
"""When every test case runs its rule."""
Rows = list[dict[str, Any]]


class RuleTestCase(NamedTuple):
    """One test case of a rule."""

    name: str
    """`fires.…` or `quiet.…`."""
    lookups: tuple[str, ...]
    """Lookups that need entries for it."""
    events: tuple[Event, ...]
    rows: Rows
    """The rows that the rule must return: times and numbers as numbers, no empty values."""

    @property
    def streams(self) -> dict[Stream, list[Event]]:
        """The events by stream."""
        found: dict[Stream, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.stream, []).append(event)
        return found


class BundledTestCases(NamedTuple):
    """All test cases of this version."""

    now: int
    """Epoch seconds of the time at which every test case runs its rule."""
    rules: dict[str, tuple[RuleTestCase, ...]]
    """Rule (`family/name`) and its test cases."""

    def select(self, patterns: list[str]) -> list[str]:
        """The rules that match a pattern, or all without one. Raises `Misconfigured` for a pattern without a match."""
        for pattern in patterns:
            if not any(fnmatchcase(rule, pattern) for rule in self.rules):
                raise Misconfigured(f"--rule {pattern}: no such rule; docs/detections lists them")
        return [rule for rule in self.rules if not patterns or any(fnmatchcase(rule, one) for one in patterns)]

    def runnable(self, rule: str) -> list[RuleTestCase]:
        """The rule's test cases that hold with any lookups of a customer: those that need no entries."""
        return [case for case in self.rules[rule] if not case.lookups]

    def skipped(self, rule: str) -> int:
        """Number of test cases that need entries in a lookup, which belongs to the customer and is left unchanged."""
        return sum(bool(case.lookups) for case in self.rules[rule])


@cache
def bundled_test_cases() -> BundledTestCases:
    """The bundled test cases."""
    return BundledTestCases(
        int(NOW.timestamp()), {rule.name: tuple(_test_cases(rule.folder)) for rule in rule_folders()}
    )


def _test_cases(folder: Traversable) -> Iterator[RuleTestCase]:
    files = {file.name: file for file in folder.iterdir()}
    for file in sorted(file for file in files if file.endswith(".jsonl")):
        name = file.removesuffix(".jsonl")
        tables = (other for other in files if other.startswith(f"{name}.") and other.endswith(".csv"))
        lookups = sorted(table.removeprefix(f"{name}.").removesuffix(".csv") for table in tables)
        events = tuple(map(_event, files[file].read_text("utf-8").splitlines()))
        expected = files.get(f"{name}.expect.json")
        rows = orjson.loads(expected.read_bytes()) if expected else []
        yield RuleTestCase(name, tuple(lookups), events, rows)


def _event(line: str) -> Event:
    fixture = orjson.loads(line)
    return Event(fixture["stream"], KeyFields(**fixture["pivots"]), orjson.dumps(fixture["event"]))
