"""What is known of a rule in tests: stories that must fire or not, mutants, a plain reading of it in Python.

A module a rule under `cases/`, named like the rule's folder: `RULE`, `stories()`, and where there is something to say
`MUTATIONS` (beside those made by `mutants`), `EQUIVALENT` (mutants that change nothing, each with the reason) and
`reading(seen, lookups)` (the rows that the rule's sentence asks for, by a plain walk over the events).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tests.content import cases as package
from tests.content.plain import Seen
from tests.content.records import Collected, at

CALENDAR = "user,valid_from,valid_to,utc_offset_minutes,work_start,work_end,work_days\n"
NOON = at("04-15 11:30")
"""Half an hour before the rules run: fresh."""
Change = tuple[str, str]
Reading = Callable[[Sequence[Seen], Mapping[str, str]], list[dict[str, Any]]]


class Story(NamedTuple):
    """One fixture: `fires.…` or `quiet.…`, what was collected, lookups filled in."""

    name: str
    events: list[Collected]
    lookups: dict[str, str] = {}  # noqa: RUF012 (a NamedTuple's default, never changed)

    @property
    def fires(self) -> bool:
        """Whether rows are expected."""
        return self.name.startswith("fires.")


class Mutation(NamedTuple):
    """A change of both texts by hand, and the fixtures of which at least one must then fail."""

    meaning: str
    kql: Change
    spl: Change
    noticed_by: tuple[str, ...]


class Case(NamedTuple):
    """All that tests know of one rule."""

    rule: str
    stories: tuple[Story, ...]
    mutations: tuple[Mutation, ...]
    equivalent: Mapping[str, str]
    """Mutant (`kql: without …`) → why no event can tell it from the rule."""
    reading: Reading | None


def exclusion(rule: str, value: str, reason: str = "a test") -> dict[str, str]:
    """A lookup of exclusions with one row."""
    return {"claude_exclusions": f"rule,value,reason\n{rule},{value},{reason}\n"}


def register(key: str, max_age_days: int | None = None, contact: str = "platform-team@example.com") -> dict[str, str]:
    """A register of keys with one row."""
    return {"claude_keys": f"key,name,contact,max_age_days\n{key},batch,{contact},{max_age_days or ''}\n"}


@cache
def cases() -> dict[str, Case]:
    """Every case, by rule."""
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]
    return {module.RULE: _case(module) for module in modules}


def _case(module: Any) -> Case:
    return Case(
        module.RULE,
        tuple(module.stories()),
        getattr(module, "MUTATIONS", ()),
        getattr(module, "EQUIVALENT", {}),
        getattr(module, "reading", None),
    )
