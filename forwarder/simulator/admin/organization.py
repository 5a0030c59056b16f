"""The organization that the Admin API shows: its objects, its usage, and the ledger of both for tests."""

import threading
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from forwarder.simulator.admin.objects import KINDS, Invite, Key, Member, Thing, User, Workspace
from forwarder.simulator.admin.timeline import Timeline
from forwarder.simulator.admin.usage import Counts, Dimensions, Usage, total
from forwarder.simulator.admin.workload import Workload
from forwarder.simulator.clock import MINUTE, SECOND, SimulatedClock, micros

T = TypeVar("T", bound=Thing)

FOREVER = 2**62
"""Later than everything, in microseconds."""
_ONE_THOUSAND = Counts(output=1000)


class Landmarks(NamedTuple):
    """Ids of what is worth finding. `burning` is the user of `attack-keys` whose hour starts at `burst_us`."""

    off_but_used: str
    old_and_used: str
    owner_left: str
    burning: str | None = None
    burst_us: int | None = None


class Organization:
    """One Console organization. Every change takes effect by the simulated clock, `delay` seconds from now.

    Its methods take its own lock, so a test may look and change while a server answers; a caller that asks for
    several things of one moment holds `lock` meanwhile. `uuid`, `name`: what `/v1/organizations/me` says.
    """

    def __init__(self, uuid: str, name: str, workload: Workload, clock: SimulatedClock, landmarks: Landmarks) -> None:
        self.uuid = uuid
        self.name = name
        self.workload = workload
        self.clock = clock
        self.landmarks = landmarks
        self.lock = threading.RLock()
        self._timelines: dict[type[Any], Timeline] = {type_: Timeline() for type_ in KINDS.values()}

    def put(self, thing: Thing, *, delay: float = 0.0) -> None:
        """Add an object, or put a changed one in the place of the old."""
        with self.lock:
            self._timelines[type(thing)].put(thing, self._moment(delay))

    def put_at(self, thing: Thing, at_us: int) -> None:
        """The same at a moment in microseconds, which may be past."""
        with self.lock:
            self._timelines[type(thing)].put(thing, at_us)

    def change(self, type_: type[T], id_: str, *, delay: float = 0.0, **fields: Any) -> T:
        """Change fields of an object and give the new one. Raises `KeyError` when there is none at that moment."""
        with self.lock:
            at_us = self._moment(delay)
            old = self._timelines[type_].get(id_, at_us)
            if not isinstance(old, type_):
                raise KeyError(id_)
            new = replace(old, **fields)
            self._timelines[type_].put(new, at_us)
            return new

    def remove(self, type_: type[Thing], id_: str, *, delay: float = 0.0) -> None:
        """Remove an object, a user from every workspace too. A member's id is `<workspace>/<user>`."""
        with self.lock:
            at_us = self._moment(delay)
            self._timelines[type_].remove(id_, at_us)
            if type_ is User:
                for member in self.listed(Member):
                    if member.user_id == id_:
                        self._timelines[Member].remove(member.id, at_us)

    def listed(self, type_: type[T]) -> list[T]:
        """Every object of a type that is there now, in the order of the lists."""
        with self.lock:
            there = self._timelines[type_].listed(self.clock.now_us())
            return [thing for thing in there if isinstance(thing, type_)]

    def place_of(self, type_: type[Thing], id_: str) -> tuple[int, str] | None:
        """See `Timeline.place_of`."""
        with self.lock:
            return self._timelines[type_].place_of(id_, self.clock.now_us())

    def api_keys(self) -> list[Key]:
        """The API keys there are now."""
        return self.listed(Key)

    def users(self) -> list[User]:
        """The users there are now."""
        return self.listed(User)

    def invites(self) -> list[Invite]:
        """The invites there are now, whatever became of them."""
        return self.listed(Invite)

    def workspaces(self) -> list[Workspace]:
        """The workspaces there are now, archived ones among them."""
        return self.listed(Workspace)

    def members(self, workspace_id: str) -> list[Member]:
        """The members of one workspace."""
        return [member for member in self.listed(Member) if member.workspace_id == workspace_id]

    def record(self, usage: Usage) -> None:
        """Let there be this usage too."""
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
        """Re-state the buckets of a moment: from `delay` seconds from now on they hold so much more.

        `dimensions`: whose it is; `None`: somebody who used something in that minute, or else anybody.
        """
        with self.lock:
            start = micros(at) // MINUTE * MINUTE
            whose = dimensions or self._somebody(start)
            usage = Usage(start, self._moment(delay), whose, counts)
            self.workload.add(usage)
            return usage

    def figures(
        self, start: datetime, end: datetime, by: tuple[str, ...] = (), *, final: bool = False
    ) -> dict[tuple[str | None, ...], Counts]:
        """The truth about a time: sums by the values of the dimensions `by`, summed row by row.

        As the reports know it now, or (`final`) with everything that is still to become visible.
        """
        with self.lock:
            seen = FOREVER if final else self.clock.now_us()
            sums: defaultdict[tuple[str | None, ...], list[Counts]] = defaultdict(list)
            for row in self.workload.minutes(micros(start), micros(end), seen):
                sums[tuple(getattr(row.dimensions, name) for name in by)].append(row.counts)
            return {key: total(counts) for key, counts in sums.items()}

    def _somebody(self, start_us: int) -> Dimensions:
        rows = self.workload.minutes(start_us, start_us + MINUTE, FOREVER)
        return min((row.dimensions for row in rows), default=self.workload.works[0].dimensions, key=repr)

    def _moment(self, delay: float) -> int:
        return self.clock.now_us() + round(delay * SECOND)
