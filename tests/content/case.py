"""Tests of a rule: test cases that fire or stay quiet, mutants, and a reference implementation in Python.

One module per rule under `cases/`, named like the rule's folder, with `RULE` and `test_cases()`. Optional: `MUTATIONS`
(in addition to those made by `mutants`), `EQUIVALENT` (mutants that change nothing, each with the reason),
`ARRIVAL_EXCEPTIONS` (ways of arrival that rightly change the findings, each with the reason) and `reference(events,
lookups)` (the expected rows, computed independently of SPL and KQL).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tests.content import cases as package
from tests.content.records import Collected, at
from tests.content.reference import RuleEvent

CALENDAR = "user,valid_from,valid_to,utc_offset_minutes,work_start,work_end,work_days\n"
NOON = at("04-15 11:30")
"""Half an hour before the rules run, so its events are fresh."""
Change = tuple[str, str]
Reference = Callable[[Sequence[RuleEvent], Mapping[str, str]], list[dict[str, Any]]]


class RuleTestCase(NamedTuple):
    """One fixture, `fires.…` or `quiet.…`: the collected events and the lookups with rows."""

    name: str
    events: list[Collected]
    lookups: dict[str, str] = {}  # noqa: RUF012 (a NamedTuple's default, never changed)

    @property
    def fires(self) -> bool:
        """Whether rows are expected."""
        return self.name.startswith("fires.")


class Mutation(NamedTuple):
    """A manual change of both texts, and the fixtures of which at least one must then fail."""

    meaning: str
    kql: Change
    spl: Change
    noticed_by: tuple[str, ...]


class RuleTests(NamedTuple):
    """All tests of one rule."""

    rule: str
    test_cases: tuple[RuleTestCase, ...]
    mutations: tuple[Mutation, ...]
    equivalent: Mapping[str, str]
    """Mutant (`kql: without …`) → why no event distinguishes it from the rule."""
    reference: Reference | None
    arrival_exceptions: Mapping[str, str]
    """Way of arrival (as `arrivals` names it) → why it rightly changes the findings."""


def exclusion(rule: str, value: str, reason: str = "a test") -> dict[str, str]:
    """An exclusions lookup with one row."""
    return {"claude_exclusions": f"rule,value,reason\n{rule},{value},{reason}\n"}


def key_lookup_row(
    key: str, max_age_days: int | None = None, contact: str = "platform-team@example.com"
) -> dict[str, str]:
    """A key lookup with one row."""
    return {"claude_keys": f"key,name,contact,max_age_days\n{key},batch,{contact},{max_age_days or ''}\n"}


@cache
def cases() -> dict[str, RuleTests]:
    """The tests of all rules, by rule."""
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    return {module.RULE: _case(module) for module in modules}


def _case(module: Any) -> RuleTests:
    return RuleTests(
        module.RULE,
        tuple(module.test_cases()),
        getattr(module, "MUTATIONS", ()),
        getattr(module, "EQUIVALENT", {}),
        getattr(module, "reference", None),
        getattr(module, "ARRIVAL_EXCEPTIONS", {}),
    )
