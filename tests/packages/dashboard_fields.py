"""Fields that a search reads though nothing has them at that place: misspelt, or never sent by the forwarder."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from tests.spl.commands.charts import Timechart
from tests.spl.commands.columns import Fillnull, Mvexpand, Rename, Table
from tests.spl.commands.filters import Assignments, BaseSearch
from tests.spl.commands.order import Dedup
from tests.spl.commands.sorting import SortKey
from tests.spl.commands.sources import Inputlookup, LookupCommand
from tests.spl.commands.statistics import Bin
from tests.spl.commands.texts import Rex
from tests.spl.commands.tstats import Tstats
from tests.spl.grouping import Aggregate
from tests.spl.tree import Compare, FieldRef, Pipeline
from tests.spl.values import Row

MANY, SOME = 3000, 20
"""Of more rows than many, some from each end are looked at."""


class FieldWatch:
    """Receives every command with its rows, and records missing fields as `command: field`."""

    def __init__(self, of_events: set[str]) -> None:
        self._of_events = of_events
        self.missed: set[str] = set()

    def __call__(self, command: object, rows: Sequence[Row]) -> None:
        if isinstance(command, Tstats | Inputlookup):
            return  # The interpreter rejects fields that are not indexed; columns of a table are in its file.
        if not rows and not isinstance(command, BaseSearch):
            return
        for name in _read_in_order(command, self._held(rows)):
            if "*" not in name:
                self.missed.add(f"{type(command).__name__.lower()}: {name}")

    def _held(self, rows: Sequence[Row]) -> set[str]:
        """Rows that are events still may have any field of events."""
        if not rows:
            return self._of_events
        looked_at = rows if len(rows) <= MANY else [*rows[:SOME], *rows[-SOME:]]
        return set().union(*looked_at, self._of_events if "_raw" in rows[0] else ())


def _read_in_order(command: object, held: set[str]) -> Iterator[str]:
    """What is read and not there; each part of an eval sees those before it."""
    if not isinstance(command, Assignments):
        yield from set(_read(command)) - held
        return
    for part in command.parts:
        yield from set(_read(part.expression)) - held
        held = held | {part.field}


def _read(node: Any) -> Iterator[str]:
    """Every field named below this node. Searches in brackets are watched when they run."""
    if isinstance(node, Pipeline):
        return
    yield from _named(node)
    if is_dataclass(node):
        for field in fields(node):
            yield from _read(getattr(node, field.name))
    elif isinstance(node, tuple | list):
        for item in node:
            yield from _read(item)


def _named(node: Any) -> Iterator[str]:
    match node:
        case FieldRef(name=name) | Mvexpand(name=name):
            yield name
        case Compare(field=name) | SortKey(field=name) | Rex(field=name):
            yield name
        case Aggregate(argument=str() as name) | Rename(old=name) | Bin(source=name):
            yield name
        case Table(patterns=names) | Dedup(names=names):
            yield from names
        case LookupCommand(inputs=pairs):
            yield from (name for _, name in pairs)
        case _:
            yield from _grouped(node)


def _grouped(node: Any) -> Iterator[str]:
    """What statistics group by."""
    by = getattr(node, "by", ())
    if isinstance(by, tuple) and not isinstance(node, Timechart | Fillnull):
        yield from by
