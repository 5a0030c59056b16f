"""The bundled stories: what each rule must say of given events, with what the app ships for it.

The file is made from `detections/` by `make content`.
"""

import json
import lzma
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from forwarder.records import Event, Pivots, Stream

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


class Shipped(NamedTuple):
    """What this version's app holds, and the stories that prove it."""

    now: int
    """Epoch seconds of the moment from which every story looks back."""
    macros: dict[str, str]
    columns: tuple[str, ...]
    """What every saved search adds to its rule's rows; no story expects values of them."""
    lookups: dict[str, str]
    """Name and CSV text."""
    titles: dict[str, str]
    """Rule and its saved search's name."""
    stories: dict[str, tuple[Story, ...]]
    """Rule and its stories."""

    @property
    def searches(self) -> list[str]:
        """The names of the saved searches."""
        return list(self.titles.values())


@cache
def shipped() -> Shipped:
    """The bundled file, read once."""
    told = json.loads(lzma.decompress(files("forwarder.splunkd").joinpath("stories.json.xz").read_bytes()))
    rules = told["rules"]
    return Shipped(
        told["now"],
        told["macros"],
        tuple(told["columns"]),
        told["lookups"],
        {rule: entry["search"] for rule, entry in rules.items()},
        {rule: tuple(_story(story) for story in entry["stories"]) for rule, entry in rules.items()},
    )


def _story(told: dict[str, Any]) -> Story:
    events = (Event(stream, Pivots._make(values), orjson.dumps(event)) for stream, values, event in told["events"])
    return Story(told["name"], tuple(told["lookups"]), tuple(events), told["rows"])
