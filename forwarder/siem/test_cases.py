"""The bundled test cases of the rules: for given events, the rows that each rule must return, in either language.

The file is made from `detections/` by `make content`.
"""

import json
import lzma
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from forwarder.errors import Misconfigured
from forwarder.records import Event, KeyFields, Stream

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
def bundle() -> Any:
    """The bundled file, read once."""
    return json.loads(lzma.decompress(files("forwarder.siem").joinpath("stories.json.xz").read_bytes()))


@cache
def bundled_test_cases() -> BundledTestCases:
    """The bundled test cases."""
    data = bundle()
    rules = {rule: tuple(_test_case(one) for one in cases) for rule, cases in data["stories"].items()}
    return BundledTestCases(data["now"], rules)


def _test_case(data: dict[str, Any]) -> RuleTestCase:
    events = (Event(stream, KeyFields._make(values), orjson.dumps(event)) for stream, values, event in data["events"])
    return RuleTestCase(data["name"], tuple(data["lookups"]), tuple(events), data["rows"])
