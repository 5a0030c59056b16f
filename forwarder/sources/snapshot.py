"""Two complete lists compared: the records of each object, and what is stored of it for the next comparison. Pure.

Invariants:
- An object is sent once a UTC day, and whenever it differs from how it was sent last.
- A difference is sent once: with the state entry of the new state. The first complete list has no differences,
  because nothing is known of the time before.
- An object has vanished when two complete lists in a row lack it: one that others push over a page's edge while a
  list is read is missing from one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.records import AnyRecord, InventoryChange, InventoryRecord
from forwarder.sources.times import day_of


class ListedObject(NamedTuple):
    """An object of a list; `id` is unique within its `kind`."""

    kind: str
    id: str
    fields: Mapping[str, Any]

    @property
    def entry_name(self) -> str:
        """The name of its state entry."""
        return f"{self.kind}/{self.id}"


class InventorySnapshot(NamedTuple):
    """One complete read of a list."""

    number: int
    """Counts the complete reads of the source, from 1."""
    time_us: int
    """By the source's clock."""
    organization: str | None
    send_all: bool = False
    """Objects already sent today are sent again, because stored events were damaged."""


class ObjectUpdate(NamedTuple):
    """The records of one object, and its state entry under `entry_name`; `None` deletes the entry."""

    records: tuple[AnyRecord, ...]
    entry_name: str
    entry: bytes | None


class _StoredObject(NamedTuple):
    fields: Mapping[str, Any]
    digest: str
    day: str
    """The UTC day on which it was sent last."""
    missed: bool
    """The last complete list lacked it."""

    def entry(self) -> bytes:
        return orjson.dumps(tuple(self))


Derive = Callable[[ListedObject], Mapping[str, Any]]
"""Facts about an object that follow from it and from other sources."""


def compare(
    state_entries: Mapping[str, bytes],
    objects: Mapping[str, ListedObject],
    snapshot: InventorySnapshot,
    derive: Derive,
) -> Iterator[ObjectUpdate]:
    """The updates of a snapshot's `objects` against the `state_entries` of the one before, both by entry name."""
    for name, one in objects.items():
        stored = _StoredObject(*orjson.loads(state_entries[name])) if name in state_entries else None
        update = _present(one, stored, snapshot, derive)
        if update:
            yield update
    for name in state_entries.keys() - objects.keys():
        yield _missing(name, _StoredObject(*orjson.loads(state_entries[name])), snapshot)


def _present(
    one: ListedObject, stored: _StoredObject | None, snapshot: InventorySnapshot, derive: Derive
) -> ObjectUpdate | None:
    digest, day = digest_of(one.fields), day_of(snapshot.time_us)
    differs = stored is None or stored.digest != digest
    if not differs and stored and stored.day == day and not stored.missed and not snapshot.send_all:
        return None
    records: list[AnyRecord] = []
    if differs and (stored or snapshot.number > 1):
        records.append(_change(one.kind, one.fields, stored.fields if stored else None, snapshot))
    if differs or snapshot.send_all or (stored and stored.day != day):
        time_ms = snapshot.time_us // 1000
        records.append(InventoryRecord(one.kind, time_ms, one.fields, derive(one), snapshot.organization))
    return ObjectUpdate(tuple(records), one.entry_name, _StoredObject(one.fields, digest, day, missed=False).entry())


def _missing(name: str, stored: _StoredObject, snapshot: InventorySnapshot) -> ObjectUpdate:
    if not stored.missed:
        return ObjectUpdate((), name, stored._replace(missed=True).entry())
    return ObjectUpdate((_change(name.partition("/")[0], None, stored.fields, snapshot),), name, None)


def _change(
    kind: str, fields: Mapping[str, Any] | None, before: Mapping[str, Any] | None, snapshot: InventorySnapshot
) -> InventoryChange:
    return InventoryChange(kind, snapshot.time_us // 1000, fields, before, snapshot.number, snapshot.organization)


def digest_of(fields: Mapping[str, Any]) -> str:
    """The same for equal objects, whatever the order of their keys."""
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()
