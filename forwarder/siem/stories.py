"""The bundled stories: what each rule must say of given events, in either language."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import orjson

from forwarder.errors import Misconfigured
from forwarder.records import Event, KeyFields, Stream
from forwarder.siem.bundle import bundled_rules

NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)
"""The moment from which every story looks back."""
Rows = list[dict[str, Any]]


class Story(NamedTuple):
    """One story of a rule."""

    name: str
    """`fires.…` or `quiet.…`."""
    lookups: tuple[str, ...]
    """Lookups that would have to be filled in for it."""
    events: tuple[Event, ...]
    rows: Rows
    """What the rule must give: times and figures as numbers, nothing that is empty."""

    @property
    def streams(self) -> dict[Stream, list[Event]]:
        """The events by stream."""
        found: dict[Stream, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.stream, []).append(event)
        return found


class Stories(NamedTuple):
    """All stories of this version."""

    now: int
    """Epoch seconds of the moment from which every story looks back."""
    rules: dict[str, tuple[Story, ...]]
    """Rule (`family/name`) and its stories."""

    def chosen(self, patterns: list[str]) -> list[str]:
        """The rules that fit one of `patterns`; all when there is none. Raises `Misconfigured` for one none fits."""
        for one in patterns:
            if not any(fnmatchcase(rule, one) for rule in self.rules):
                raise Misconfigured(f"--rule {one}: no such rule; docs/detections names them")
        return [rule for rule in self.rules if not patterns or any(fnmatchcase(rule, one) for one in patterns)]

    def runnable(self, rule: str) -> list[Story]:
        """The rule's stories that hold with whatever lookups a customer has: those that need none filled in."""
        return [story for story in self.rules[rule] if not story.lookups]

    def skipped(self, rule: str) -> int:
        """How many need a lookup filled in, which is the customer's and is not touched."""
        return sum(bool(story.lookups) for story in self.rules[rule])


@cache
def stories() -> Stories:
    """The bundled stories."""
    return Stories(
        int(NOW.timestamp()),
        {rule.name: tuple(_story(*fixture) for fixture in rule.fixtures()) for rule in bundled_rules()},
    )


def _story(name: str, lookups: tuple[str, ...], events: list[dict[str, Any]], rows: Rows) -> Story:
    return Story(name, lookups, tuple(map(_event, events)), rows)


def _event(fixture: dict[str, Any]) -> Event:
    return Event(fixture["stream"], KeyFields(**fixture["pivots"]), orjson.dumps(fixture["event"]))
