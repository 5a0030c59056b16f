"""What there was, and when: objects by id with the moments of their changes."""

from bisect import insort
from typing import NamedTuple

from forwarder.simulator.admin.objects import Thing


class _State(NamedTuple):
    at_us: int
    number: int
    thing: Thing | None


class Timeline:
    """The objects of one kind. `None` in the place of an object: it is gone from then on. Not locked."""

    def __init__(self) -> None:
        self._states: dict[str, list[_State]] = {}
        self._number = 0

    def put(self, thing: Thing, at_us: int) -> None:
        """The object is so from that moment on."""
        self._set(thing.id, thing, at_us)

    def remove(self, id_: str, at_us: int) -> None:
        """The object is gone from that moment on. Raises `KeyError` when it never was."""
        self._states[id_]  # a slip in a test must not pass for a removal
        self._set(id_, None, at_us)

    def get(self, id_: str, now_us: int) -> Thing:
        """The object as it is at that moment. Raises `KeyError` when there is none."""
        thing = self._at(id_, now_us)
        if thing is None:
            raise KeyError(f"no {id_!r} at that time")
        return thing

    def listed(self, now_us: int) -> list[Thing]:
        """All that is there at that moment, newest first, equal ones by id.

        UNCONFIRMED: the documentation does not say in which order lists come.
        """
        there = (self._at(id_, now_us) for id_ in self._states)
        return sorted((thing for thing in there if thing is not None), key=place)

    def place_of(self, id_: str, now_us: int) -> tuple[int, str] | None:
        """Where the object stands (or stood: a cursor may outlive its object) in the list; `None`: never was."""
        known = [state.thing for state in self._states.get(id_, ()) if state.thing and state.at_us <= now_us]
        return place(known[-1]) if known else None

    def _at(self, id_: str, now_us: int) -> Thing | None:
        past = [state for state in self._states.get(id_, ()) if state.at_us <= now_us]
        return past[-1].thing if past else None

    def _set(self, id_: str, thing: Thing | None, at_us: int) -> None:
        self._number += 1
        states = self._states.setdefault(id_, [])
        insort(states, _State(at_us, self._number, thing), key=lambda state: state[:2])


def place(thing: Thing) -> tuple[int, str]:
    """The sort key of lists: newest first, then by id."""
    return -thing.created_us, thing.id
