"""Lists of the Admin API as a source: the objects they hold, and what changed since the last complete list.

Invariants:
- A list that fails half way is no list: it yields no records, and nothing counts as deleted.
- An object's records and its state entry are one transaction, so that a kill sends nothing twice and loses nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.anthropic import AdminApi, Params
from forwarder.records import DeadLetter, dead_letter_body
from forwarder.sources.base import AdminSource, Batch, NewRecord, SourceState
from forwarder.sources.settings import ListSettings
from forwarder.sources.snapshot import Derive, InventorySnapshot, ListedObject, ObjectUpdate, compare

OBJECTS_PER_BATCH = 500
NUMBER_ENTRY = "#"
"""The state entry that counts complete lists."""

DeriveFrom = Callable[[str, SourceState, int], Derive]
"""(account, store, time in µs) → the facts derived for each object."""


class InventoryList(NamedTuple):
    """One list of the Admin API, and the lists that belong to each of its objects."""

    path: str
    """Below `/v1/organizations/`; in a sub-list `{id}` stands for the parent object's id."""
    parameters: Params = ()
    id_fields: tuple[str, ...] = ("id",)
    """The fields that together identify an object."""
    sub_lists: Mapping[str, "InventoryList"] = MappingProxyType({})
    """Kind of object → the list of such objects that belongs to each object of this list."""
    unless: str | None = None
    """A sub-list is not read for parent objects that have a value in this field."""


class _ListItem(NamedTuple):
    kind: str
    id_fields: tuple[str, ...]
    item: Any


class ListSource(AdminSource):
    """One list with its sub-lists, read with one key. `derive`: facts added to each object."""

    def __init__(
        self,
        account: str,
        kind: str,
        settings: ListSettings,
        api: AdminApi,
        inventory_list: InventoryList,
        derive: DeriveFrom | None = None,
    ) -> None:
        super().__init__(account, kind, settings.poll, api)
        self._account = account
        self._kind = kind
        self._list = inventory_list
        self._derive = derive

    def read(self, state: SourceState) -> Iterator[Batch]:
        """The list's updates. Raises `Retry` and `AccessRefused` as the client does, before the first record."""
        organization = self._api.organization()
        objects, dead_letters = self._objects()
        state_entries = state.state_entries(self.name)
        number = int(state_entries.pop(NUMBER_ENTRY, b"0")) + 1
        rereads = state.rereads(self.name)
        snapshot = InventorySnapshot(number, self.now_us(), organization, send_all=bool(rereads))
        derive = self._derive(self._account, state, snapshot.time_us) if self._derive else _nothing
        yield Batch(dead_letters=dead_letters, read=len(objects) + len(dead_letters))
        updates = compare(state_entries, objects, snapshot, derive)
        while chunk := list(islice(updates, OBJECTS_PER_BATCH)):
            yield self._batch(chunk, snapshot)
        yield Batch(state_entries={self.name: {NUMBER_ENTRY: b"%d" % number}})
        for reread in rereads:
            yield Batch(reread_done=reread.id)
        self._assert_clocks_agree()

    def check(self) -> str:
        """See `Source.check`."""
        self._api.organization()
        empty = next(_items(self._api, self._kind, self._list), None) is None
        return "the key reads the list" + (", which is empty" if empty else "")

    def _objects(self) -> tuple[dict[str, ListedObject], list[DeadLetter]]:
        objects: dict[str, ListedObject] = {}
        dead_letters = []
        for item in _items(self._api, self._kind, self._list):
            one = _admitted(item)
            if isinstance(one, DeadLetter):
                dead_letters.append(one)
            else:
                objects[one.entry_name] = one
        return objects, dead_letters

    def _batch(self, updates: Iterable[ObjectUpdate], snapshot: InventorySnapshot) -> Batch:
        records = [NewRecord(record, snapshot.time_us, None) for update in updates for record in update.records]
        entries = {update.entry_name: update.entry for update in updates}
        return Batch(incoming=records, state_entries={self.name: entries})


def _items(api: AdminApi, kind: str, inventory_list: InventoryList, parent_id: str = "") -> Iterator[_ListItem]:
    """The items of a list and its sub-lists to the end. Raises as `AdminApi.list_objects` does."""
    sub_lists = inventory_list.sub_lists
    items: Iterable[Any] = api.list_objects(inventory_list.path.format(id=parent_id), inventory_list.parameters)
    for item in list(items) if sub_lists else items:
        yield _ListItem(kind, inventory_list.id_fields, item)
        for sub_kind, sub_list in sub_lists.items():
            if isinstance(item, dict) and isinstance(item.get("id"), str) and not item.get(sub_list.unless):
                yield from _items(api, sub_kind, sub_list, item["id"])


def _nothing(_: ListedObject) -> Mapping[str, Any]:
    return {}


def _admitted(found: _ListItem) -> ListedObject | DeadLetter:
    """The object, or a dead letter for what is not an object or has no id."""
    kind, id_fields, item = found
    if not isinstance(item, dict):
        why = ("not-an-object", f"an item of the list is {type(item).__name__}, not an object")
        return DeadLetter(kind, "source", *why, None, dead_letter_body(item))
    values = [item.get(name) for name in id_fields]
    for name, value in zip(id_fields, values, strict=True):
        if not isinstance(value, str) or not value:
            why = ("no-id", f"`{name}` is {value!r:.80}, not a non-empty string")
            return DeadLetter(kind, "source", *why, None, dead_letter_body(item))
    return ListedObject(kind, "/".join(map(str, values)), item)
