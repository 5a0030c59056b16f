"""Two whole lists compared: every difference once, every object once a day, nothing deleted by a page's edge."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forwarder.records import AnyRecord, InventoryChange, InventoryRecord
from forwarder.sources.snapshot import Listed, Reading, compare
from forwarder.sources.times import DAY_US

NOON_US = 20_000 * DAY_US + DAY_US // 2
Objects = Mapping[str, Any]
LISTS = st.lists(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 2)), min_size=1, max_size=12)
"""Whole lists, one after the other: object → its state."""


class Keeper:
    """Keeps the notes of one source, as the store does."""

    def __init__(self) -> None:
        self.state_entries: dict[str, bytes] = {}
        self.number = 0

    def read(self, objects: Objects, time_us: int = NOON_US, tell_all: bool = False) -> list[AnyRecord]:
        """What a whole list says."""
        self.number += 1
        listed = [Listed("api_keys", name, {"id": name, "state": state}) for name, state in objects.items()]
        reading = Reading(self.number, time_us, "org", tell_all)
        said: list[AnyRecord] = []
        for told in compare(self.state_entries, {one.name: one for one in listed}, reading, lambda one: {"of": one.id}):
            said += told.subjects
            if told.note is None:
                del self.state_entries[told.name]
            else:
                self.state_entries[told.name] = told.note
        return said


def changes(said: list[AnyRecord]) -> list[tuple[Any, Any]]:
    """Before and after of each change."""
    return [
        (c.before and (c.before["id"], c.before["state"]), c.fields and (c.fields["id"], c.fields["state"]))
        for c in said
        if isinstance(c, InventoryChange)
    ]


def seen(said: list[AnyRecord]) -> list[str]:
    """The objects that are told of."""
    return [one.fields["id"] for one in said if isinstance(one, InventoryRecord)]


def test_the_first_whole_list_tells_what_is_there_and_no_changes() -> None:
    said = Keeper().read({"a": 1, "b": 1})
    assert (seen(said), changes(said)) == (["a", "b"], [])
    assert isinstance(said[0], InventoryRecord)
    assert said[0].derived == {"of": "a"}
    assert said[0].organization == "org"


def test_a_list_that_stays_the_same_says_nothing_until_the_next_day() -> None:
    keeper = Keeper()
    keeper.read({"a": 1})
    assert keeper.read({"a": 1}, NOON_US + 1) == []
    assert seen(keeper.read({"a": 1}, NOON_US + DAY_US)) == ["a"]
    assert keeper.read({"a": 1}, NOON_US + DAY_US + 1) == []


def test_a_new_a_changed_and_a_vanished_object_are_a_change_each() -> None:
    keeper = Keeper()
    keeper.read({"a": 1, "b": 1})
    said = keeper.read({"a": 2, "c": 1})
    assert (changes(said), seen(said)) == ([(("a", 1), ("a", 2)), (None, ("c", 1))], ["a", "c"])
    assert changes(keeper.read({"a": 2, "c": 1})) == [(("b", 1), None)]
    assert keeper.read({"a": 2, "c": 1}) == []


def test_an_object_that_one_list_misses_has_not_vanished() -> None:
    keeper = Keeper()
    keeper.read({"a": 1, "b": 1})
    assert keeper.read({"a": 1}) == []
    assert keeper.read({"a": 1, "b": 1}) == []
    assert keeper.read({"a": 1}) == []


def test_there_and_back_is_two_changes_with_numbers_of_their_own() -> None:
    keeper = Keeper()
    keeper.read({"a": 1})
    there, back = keeper.read({"a": 2})[0], keeper.read({"a": 1})[0]
    again = keeper.read({"a": 2})[0]
    assert isinstance(there, InventoryChange)
    assert isinstance(again, InventoryChange)
    assert isinstance(back, InventoryChange)
    assert (there.before, there.fields) == (again.before, again.fields)
    assert len({there.number, back.number, again.number}) == 3


def test_what_was_damaged_on_its_way_is_told_again_and_is_no_change() -> None:
    keeper = Keeper()
    keeper.read({"a": 1, "b": 1})
    said = keeper.read({"a": 1, "b": 1}, tell_all=True)
    assert (seen(said), changes(said)) == (["a", "b"], [])


@given(LISTS)
def test_changes_applied_one_after_the_other_give_the_last_list_but_for_what_one_list_missed(
    lists: list[Objects],
) -> None:
    keeper = Keeper()
    state = dict(lists[0])
    keeper.read(lists[0])
    missed: set[str] = set()
    for objects in lists[1:]:
        for before, after in changes(keeper.read(objects)):
            name = (before or after)[0]
            assert state.get(name) == (before[1] if before else None)
            state.pop(name, None)
            if after:
                state[name] = after[1]
        missed = state.keys() - objects.keys()
        assert {name: value for name, value in state.items() if name not in missed} == objects
    again = keeper.read(lists[-1])
    assert {before[0] for before, after in changes(again) if after is None} == missed
