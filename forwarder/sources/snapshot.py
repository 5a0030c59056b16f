"""Two whole lists compared: what is told of each object, and what is noted of it. Pure.

Invariants:
- An object is told once a UTC day, and whenever it differs from how it was told last.
- A difference is told once: with the note of the new state. The first whole list has no differences, for nobody
  knows what was before.
- An object has vanished when two whole lists in a row lack it: one that others push over a page's edge while a list
  is read is missing from one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.records import AnyRecord, InventoryChange, InventoryRecord
from forwarder.sources.times import day_of


class Listed(NamedTuple):
    """An object of a list; `id` is unique within its `kind`."""

    kind: str
    id: str
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its note."""
        return f"{self.kind}/{self.id}"


class Reading(NamedTuple):
    """A whole list was read: the how manieth of its source, and when by the source's clock."""

    number: int
    time_us: int
    organization: str | None
    tell_all: bool = False
    """What was told today is told again, because it was damaged on its way."""


class Told(NamedTuple):
    """What is said of one object, and what is noted of it under `name`; `None` forgets it."""

    subjects: tuple[AnyRecord, ...]
    name: str
    note: bytes | None


class _Note(NamedTuple):
    fields: Mapping[str, Any]
    digest: str
    told: str
    """The UTC day on which it was told last."""
    missed: bool
    """The last whole list lacked it."""

    def written(self) -> bytes:
        return orjson.dumps(tuple(self))


Derive = Callable[[Listed], Mapping[str, Any]]
"""What follows from an object and from other sources."""


def compare(
    state_entries: Mapping[str, bytes], listed: Mapping[str, Listed], reading: Reading, derive: Derive
) -> Iterator[Told]:
    """What a whole list says, object by object, beside the `notes` of the one before, by their names."""
    for name, one in listed.items():
        note = _Note(*orjson.loads(state_entries[name])) if name in state_entries else None
        told = _present(one, note, reading, derive)
        if told:
            yield told
    for name in state_entries.keys() - listed.keys():
        yield _missing(name, _Note(*orjson.loads(state_entries[name])), reading)


def _present(one: Listed, note: _Note | None, reading: Reading, derive: Derive) -> Told | None:
    digest, day = digest_of(one.fields), day_of(reading.time_us)
    differs = note is None or note.digest != digest
    if not differs and note and note.told == day and not note.missed and not reading.tell_all:
        return None
    subjects: list[AnyRecord] = []
    if differs and (note or reading.number > 1):
        subjects.append(_change(one.kind, one.fields, note.fields if note else None, reading))
    if differs or reading.tell_all or (note and note.told != day):
        time_ms = reading.time_us // 1000
        subjects.append(InventoryRecord(one.kind, time_ms, one.fields, derive(one), reading.organization))
    return Told(tuple(subjects), one.name, _Note(one.fields, digest, day, missed=False).written())


def _missing(name: str, note: _Note, reading: Reading) -> Told:
    if not note.missed:
        return Told((), name, note._replace(missed=True).written())
    return Told((_change(name.partition("/")[0], None, note.fields, reading),), name, None)


def _change(
    kind: str, fields: Mapping[str, Any] | None, before: Mapping[str, Any] | None, reading: Reading
) -> InventoryChange:
    return InventoryChange(kind, reading.time_us // 1000, fields, before, reading.number, reading.organization)


def digest_of(fields: Mapping[str, Any]) -> str:
    """The same for equal objects, in whatever order their keys stand."""
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()
