"""The organization that the Admin API shows: its objects and usage over time, and the truth about both for tests."""

import threading
from bisect import insort
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from forwarder.simulator.admin.objects import ConsoleObject
from forwarder.simulator.admin.people import ConsoleInvite, ConsoleMember, ConsoleUser
from forwarder.simulator.admin.resources import ConsoleApiKey, ConsoleWorkspace
from forwarder.simulator.admin.usage import Counts, Dimensions, Usage, total
from forwarder.simulator.admin.workload import Workload
from forwarder.simulator.clock import MINUTE, SECOND, SimulatedClock, micros

T = TypeVar("T", bound=ConsoleObject)

FOREVER = 2**62
"""Later than everything, in microseconds."""
_ONE_THOUSAND = Counts(output=1000)


class _ObjectState(NamedTuple):
    at_us: int
    number: int
    one: ConsoleObject | None


class Timeline:
    """The states of the objects of one type by time; `None`: the object is gone from then on. Not locked."""

    def __init__(self) -> None:
        self._states: dict[str, list[_ObjectState]] = {}
        self._number = 0

    def put(self, one: ConsoleObject, at_us: int) -> None:
        """The object's state from that time on."""
        self._set(one.id, one, at_us)

    def remove(self, id_: str, at_us: int) -> None:
        """The object is gone from that time on. Raises `KeyError` if it never existed."""
        self._states[id_]  # a mistake in a test must not count as a removal
        self._set(id_, None, at_us)

    def get(self, id_: str, now_us: int) -> ConsoleObject:
        """The object at that time. Raises `KeyError` if there is none."""
        one = self._at(id_, now_us)
        if one is None:
            raise KeyError(f"no {id_!r} at that time")
        return one

    def listed(self, now_us: int) -> list[ConsoleObject]:
        """All objects at that time, newest first, equal ones by id.

        UNCONFIRMED: the documentation does not say in which order lists come.
        """
        present = (self._at(id_, now_us) for id_ in self._states)
        return sorted((one for one in present if one is not None), key=list_order)

    def position_of(self, id_: str, now_us: int) -> tuple[int, str] | None:
        """The object's position in the list, also after it is gone; `None` if it never existed."""
        known = [state.one for state in self._states.get(id_, ()) if state.one and state.at_us <= now_us]
        return list_order(known[-1]) if known else None

    def _at(self, id_: str, now_us: int) -> ConsoleObject | None:
        past = [state for state in self._states.get(id_, ()) if state.at_us <= now_us]
        return past[-1].one if past else None

    def _set(self, id_: str, one: ConsoleObject | None, at_us: int) -> None:
        self._number += 1
        states = self._states.setdefault(id_, [])
        insort(states, _ObjectState(at_us, self._number, one), key=lambda state: state[:2])


def list_order(one: ConsoleObject) -> tuple[int, str]:
    """The sort key of lists: newest first, then by id."""
    return -one.created_us, one.id


class Landmarks(NamedTuple):
    """Ids of notable objects. `spiking_user` is the user of `attack-keys` whose usage spike starts at `spike_us`."""

    inactive_but_used: str
    old_and_used: str
    owner_departed: str
    spiking_user: str | None = None
    spike_us: int | None = None


class ConsoleOrganization:
    """One Console organization. Every change takes effect by the simulated clock, `delay` seconds from now.

    Its methods take its lock, so a test may read and change it while a server responds; a caller that needs several
    values of the same time holds `lock` meanwhile. `uuid`, `name`: as `/v1/organizations/me` returns them.
    """

    def __init__(self, uuid: str, name: str, workload: Workload, clock: SimulatedClock, landmarks: Landmarks) -> None:
        self.uuid = uuid
        self.name = name
        self.workload = workload
        self.clock = clock
        self.landmarks = landmarks
        self.lock = threading.RLock()
        self._timelines: defaultdict[type[Any], Timeline] = defaultdict(Timeline)

    def put(self, one: ConsoleObject, *, delay: float = 0.0) -> None:
        """Add an object, or replace it."""
        with self.lock:
            self._timelines[type(one)].put(one, self._after(delay))

    def put_at(self, one: ConsoleObject, at_us: int) -> None:
        """The same at a time in microseconds, which may be in the past."""
        with self.lock:
            self._timelines[type(one)].put(one, at_us)

    def change(self, type_: type[T], id_: str, *, delay: float = 0.0, **fields: Any) -> T:
        """Change fields of an object and give the new one. Raises `KeyError` if there is none at that time."""
        with self.lock:
            at_us = self._after(delay)
            old = self._timelines[type_].get(id_, at_us)
            if not isinstance(old, type_):
                raise KeyError(id_)
            new = replace(old, **fields)
            self._timelines[type_].put(new, at_us)
            return new

    def remove(self, type_: type[ConsoleObject], id_: str, *, delay: float = 0.0) -> None:
        """Remove an object, a user from every workspace too. A member's id is `<workspace>/<user>`."""
        with self.lock:
            at_us = self._after(delay)
            self._timelines[type_].remove(id_, at_us)
            if issubclass(type_, ConsoleUser):
                for member in self.listed(ConsoleMember):
                    if member.user_id == id_:
                        self._timelines[ConsoleMember].remove(member.id, at_us)

    def listed(self, type_: type[T]) -> list[T]:
        """Every present object of a type, in the order of the lists."""
        with self.lock:
            present = self._timelines[type_].listed(self.clock.now_us())
            return [one for one in present if isinstance(one, type_)]

    def position_of(self, type_: type[ConsoleObject], id_: str) -> tuple[int, str] | None:
        """See `Timeline.position_of`."""
        with self.lock:
            return self._timelines[type_].position_of(id_, self.clock.now_us())

    def api_keys(self) -> list[ConsoleApiKey]:
        """The present API keys."""
        return self.listed(ConsoleApiKey)

    def users(self) -> list[ConsoleUser]:
        """The present users."""
        return self.listed(ConsoleUser)

    def invites(self) -> list[ConsoleInvite]:
        """The present invites, whatever their status."""
        return self.listed(ConsoleInvite)

    def workspaces(self) -> list[ConsoleWorkspace]:
        """The present workspaces, including archived ones."""
        return self.listed(ConsoleWorkspace)

    def members(self, workspace_id: str) -> list[ConsoleMember]:
        """The members of one workspace."""
        return [member for member in self.listed(ConsoleMember) if member.workspace_id == workspace_id]

    def record(self, usage: Usage) -> None:
        """Add usage."""
        with self.lock:
            self.workload.add(usage)

    def restate(
        self,
        at: datetime,
        counts: Counts = _ONE_THOUSAND,
        *,
        delay: float = 0.0,
        dimensions: Dimensions | None = None,
    ) -> Usage:
        """Restate the buckets at a time: in `delay` seconds they hold so much more.

        `dimensions`: of the added usage; `None`: those of existing usage in that minute, or else of the first workload.
        """
        with self.lock:
            start = micros(at) // MINUTE * MINUTE
            added_to = dimensions or self._any_dimensions(start)
            usage = Usage(start, self._after(delay), added_to, counts)
            self.workload.add(usage)
            return usage

    def usage_totals(
        self, start: datetime, end: datetime, by: tuple[str, ...] = (), *, final: bool = False
    ) -> dict[tuple[str | None, ...], Counts]:
        """The true sums of a time range by the values of the dimensions `by`, summed row by row.

        As the reports show them now, or (`final`) with everything that is not visible yet.
        """
        with self.lock:
            seen = FOREVER if final else self.clock.now_us()
            sums: defaultdict[tuple[str | None, ...], list[Counts]] = defaultdict(list)
            for row in self.workload.minutes(micros(start), micros(end), seen):
                sums[tuple(getattr(row.dimensions, name) for name in by)].append(row.counts)
            return {key: total(counts) for key, counts in sums.items()}

    def _any_dimensions(self, start_us: int) -> Dimensions:
        rows = self.workload.minutes(start_us, start_us + MINUTE, FOREVER)
        return min((row.dimensions for row in rows), default=self.workload.patterns[0].dimensions, key=repr)

    def _after(self, delay: float) -> int:
        return self.clock.now_us() + round(delay * SECOND)
