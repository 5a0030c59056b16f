"""The bundled stories: what each rule must say of given events, in either language.

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
def bundle() -> Any:
    """The bundled file, read once."""
    return json.loads(lzma.decompress(files("forwarder.siem").joinpath("stories.json.xz").read_bytes()))


@cache
def stories() -> Stories:
    """The bundled stories."""
    told = bundle()
    return Stories(told["now"], {rule: tuple(_story(one) for one in held) for rule, held in told["stories"].items()})


def _story(told: dict[str, Any]) -> Story:
    events = (Event(stream, KeyFields._make(values), orjson.dumps(event)) for stream, values, event in told["events"])
    return Story(told["name"], tuple(told["lookups"]), tuple(events), told["rows"])
