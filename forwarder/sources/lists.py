"""Lists of the Admin API as a source: what is there, and what changed since the last whole list.

Invariants:
- A list that failed half way is no list: nothing is said of it, and nothing was deleted.
- What is told of an object and the note of it are one transaction, so that a kill tells nothing twice and forgets
  nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from forwarder.anthropic import AdminApi
from forwarder.records import DeadLetter, dead_letter_body
from forwarder.sources.admin_source import AdminSource
from forwarder.sources.batch import Batch, SourceState, StatefulRecord
from forwarder.sources.inventories import Fetch, Found
from forwarder.sources.settings import ListSettings
from forwarder.sources.snapshot import Derive, Listed, Reading, Told, compare

OBJECTS = 500
"""In a batch."""
NUMBER = "#"
"""The note of how many whole lists there were."""


class ListSource(AdminSource):
    """One list, or several that belong together, under one key.

    `derive`: what follows from an object, for a memory and a time in microseconds.
    """

    def __init__(
        self,
        account: str,
        kind: str,
        settings: ListSettings,
        api: AdminApi,
        fetch: Fetch,
        derive: Callable[[SourceState, int], Derive] | None = None,
    ) -> None:
        super().__init__(account, kind, settings.poll, api)
        self._fetch = fetch
        self._derive = derive

    def read(self, state: SourceState) -> Iterator[Batch]:
        """What the list says now. Raises `Retry` and `AccessRefused` as the client does, before anything is told."""
        organization = self._api.organization()
        listed, dead_letters = self._whole()
        state_entries = state.state_entries(self.name)
        number = int(state_entries.pop(NUMBER, b"0")) + 1
        rereads = state.rereads(self.name)
        reading = Reading(number, self.now_us(), organization, tell_all=bool(rereads))
        derive = self._derive(state, reading.time_us) if self._derive else _nothing
        yield Batch(dead_letters=dead_letters, read=len(listed) + len(dead_letters))
        told = compare(state_entries, listed, reading, derive)
        while batch := list(islice(told, OBJECTS)):
            yield self._batch(batch, reading)
        yield Batch(state_entries={self.name: {NUMBER: b"%d" % number}})
        for reread in rereads:
            yield Batch(reread_done=reread.id)

    def check(self) -> str:
        """See `Source.check`."""
        self._api.organization()
        return "the key reads the list" + ("" if next(self._fetch(self._api), None) else ", which is empty")

    def _whole(self) -> tuple[dict[str, Listed], list[DeadLetter]]:
        listed: dict[str, Listed] = {}
        dead_letters = []
        for found in self._fetch(self._api):
            one = _listed(found)
            if isinstance(one, DeadLetter):
                dead_letters.append(one)
            else:
                listed[one.name] = one
        return listed, dead_letters

    def _batch(self, told: Iterable[Told], reading: Reading) -> Batch:
        told = list(told)
        subjects = [StatefulRecord(subject, reading.time_us) for one in told for subject in one.subjects]
        return Batch(incoming=subjects, state_entries={self.name: {one.name: one.note for one in told}})


def _nothing(_: Listed) -> Mapping[str, Any]:
    return {}


def _listed(found: Found) -> Listed | DeadLetter:
    """The object, or why it is none: it must be one, and be named."""
    kind, names, item = found
    if not isinstance(item, dict):
        why = ("not-an-object", f"an item of the list is {type(item).__name__}, not an object")
        return DeadLetter(kind, "source", *why, None, dead_letter_body(item))
    values = [item.get(name) for name in names]
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, str) or not value:
            why = ("no-id", f"`{name}` is {value!r:.80}, not a non-empty string")
            return DeadLetter(kind, "source", *why, None, dead_letter_body(item))
    return Listed(kind, "/".join(map(str, values)), item)
