"""Two complete lists compared: every difference once, every object once a day, nothing deleted by a page's edge."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forwarder.records import AnyRecord, InventoryChange, InventoryRecord
from forwarder.sources.snapshot import InventorySnapshot, ListedObject, compare
from forwarder.sources.times import DAY_US

NOON_US = 20_000 * DAY_US + DAY_US // 2
Objects = Mapping[str, Any]
LISTS = st.lists(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 2)), min_size=1, max_size=12)
"""Complete lists, one after the other: object → its state."""


class StoredState:
    """Keeps the state entries of one source, as the store does."""

    def __init__(self) -> None:
        self.state_entries: dict[str, bytes] = {}
        self.number = 0

    def read(self, objects: Objects, time_us: int = NOON_US, send_all: bool = False) -> list[AnyRecord]:
        """The records of a complete list."""
        self.number += 1
        listed = [ListedObject("api_keys", name, {"id": name, "state": state}) for name, state in objects.items()]
        snapshot = InventorySnapshot(self.number, time_us, "org", send_all)
        objects = {one.entry_name: one for one in listed}
        records: list[AnyRecord] = []
        for update in compare(self.state_entries, objects, snapshot, lambda one: {"of": one.id}):
            records += update.records
            if update.entry is None:
                del self.state_entries[update.entry_name]
            else:
                self.state_entries[update.entry_name] = update.entry
        return records


def changes(records: list[AnyRecord]) -> list[tuple[Any, Any]]:
    """Before and after of each change."""
    return [
        (c.before and (c.before["id"], c.before["state"]), c.fields and (c.fields["id"], c.fields["state"]))
        for c in records
        if isinstance(c, InventoryChange)
    ]


def seen(records: list[AnyRecord]) -> list[str]:
    """The ids in the inventory records."""
    return [one.fields["id"] for one in records if isinstance(one, InventoryRecord)]


def test_the_first_complete_list_gives_inventory_records_and_no_changes() -> None:
    records = StoredState().read({"a": 1, "b": 1})
    assert (seen(records), changes(records)) == (["a", "b"], [])
    assert isinstance(records[0], InventoryRecord)
    assert records[0].derived == {"of": "a"}
    assert records[0].organization == "org"


def test_an_unchanged_list_gives_no_records_until_the_next_day() -> None:
    stored = StoredState()
    stored.read({"a": 1})
    assert stored.read({"a": 1}, NOON_US + 1) == []
    assert seen(stored.read({"a": 1}, NOON_US + DAY_US)) == ["a"]
    assert stored.read({"a": 1}, NOON_US + DAY_US + 1) == []


def test_a_new_a_changed_and_a_vanished_object_are_one_change_each() -> None:
    stored = StoredState()
    stored.read({"a": 1, "b": 1})
    records = stored.read({"a": 2, "c": 1})
    assert (changes(records), seen(records)) == ([(("a", 1), ("a", 2)), (None, ("c", 1))], ["a", "c"])
    assert changes(stored.read({"a": 2, "c": 1})) == [(("b", 1), None)]
    assert stored.read({"a": 2, "c": 1}) == []


def test_an_object_missing_from_one_list_has_not_vanished() -> None:
    stored = StoredState()
    stored.read({"a": 1, "b": 1})
    assert stored.read({"a": 1}) == []
    assert stored.read({"a": 1, "b": 1}) == []
    assert stored.read({"a": 1}) == []


def test_a_change_and_its_reversal_are_two_changes_with_different_numbers() -> None:
    stored = StoredState()
    stored.read({"a": 1})
    there, back = stored.read({"a": 2})[0], stored.read({"a": 1})[0]
    again = stored.read({"a": 2})[0]
    assert isinstance(there, InventoryChange)
    assert isinstance(again, InventoryChange)
    assert isinstance(back, InventoryChange)
    assert (there.before, there.fields) == (again.before, again.fields)
    assert len({there.number, back.number, again.number}) == 3


def test_objects_whose_events_were_damaged_are_sent_again_and_are_no_change() -> None:
    stored = StoredState()
    stored.read({"a": 1, "b": 1})
    records = stored.read({"a": 1, "b": 1}, send_all=True)
    assert (seen(records), changes(records)) == (["a", "b"], [])


@given(LISTS)
def test_changes_applied_in_order_give_the_last_list_except_for_objects_missed_once(
    lists: list[Objects],
) -> None:
    stored = StoredState()
    state = dict(lists[0])
    stored.read(lists[0])
    missed: set[str] = set()
    for objects in lists[1:]:
        for before, after in changes(stored.read(objects)):
            name = (before or after)[0]
            assert state.get(name) == (before[1] if before else None)
            state.pop(name, None)
            if after:
                state[name] = after[1]
        missed = state.keys() - objects.keys()
        assert {name: value for name, value in state.items() if name not in missed} == objects
    again = stored.read(lists[-1])
    assert {before[0] for before, after in changes(again) if after is None} == missed
