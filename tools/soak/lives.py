"""The lives of one soak: each ends with a kill, but the last, which has to deliver everything."""

import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from forwarder.simulator import SimulatedClock, scenario
from forwarder.simulator.audit import archived
from forwarder.simulator.server import LocalServer
from tests.faults.process import Forwarder
from tests.faults.rows import happens
from tests.faults.test_kill import Killer
from tests.faults.test_sink_outages import BACKLOG
from tests.faults.world import World
from tools.soak.audit import Books, audit
from tools.soak.limits import Limits
from tools.soak.plan import HOUR, Life, Rows, lives
from tools.soak.promises import Promises

FIRST_ROWS = 4000
LONGEST = 60
"""Requests in a life, at the most."""
PATIENCE = 180.0
"""Seconds that the last life has to deliver everything."""
DAY = 24 * HOUR
ACK_TIMEOUT = "3s"


def soak(folder: Path, kills: int, seed: int, sinks: Collection[str], tell: Callable[[str], None]) -> Books:
    """Live, be killed, live to the end, and close the books. The files of it all go to `folder`."""
    began = time.monotonic()
    rows = scenario("ordinary-month", now=datetime.now(UTC), seed=seed, count=FIRST_ROWS)
    with World(folder, rows, sinks=sinks, clock=SimulatedClock()) as world:
        lived = _Soak(world, folder, seed)
        for life in lives(kills, seed):
            lived.live(life)
            if life.number % 10 == 0 or life.number == kills:
                tell(f"life {life.number} of {kills}, {time.monotonic() - began:.0f} s: {lived.told()}")
        exit_code = lived.live_to_the_end()
        return lived.books(kills, seed, exit_code, began)


class _Soak:
    """A world in bad weather."""

    def __init__(self, world: World, folder: Path, seed: int) -> None:
        self._world = world
        self._feed = world.feed
        self._folder = folder
        self._killer = Killer(world, f"kills {seed}")
        self._promises = Promises(world.feed.clock, world.ledgers["splunk"])
        self._limits = Limits(world, self._promises)
        self._servers: dict[str, LocalServer] = {"feed": world.feed, "splunk": world.hec, "sentinel": world.logs}
        self._batches = 0
        self._issued: list[str] = []
        """What the last life has to have delivered."""
        if "splunk" in world.settings["sinks"]:
            world.settings["sinks"]["splunk"]["ack_timeout"] = ACK_TIMEOUT

    def live(self, life: Life) -> None:
        """One life to its kill. Rows that did not get their turn before it can be read after it."""
        self._feed.clock.advance(life.pause)
        self._promise(life.ack_delay)
        if life.crash:
            self._promises.crash()
        for trouble in life.troubles:
            self._servers[trouble.server].fault(**trouble.fault)
        waiting, begun = deque(life.rows), _requests(self._feed)
        self._limits.begin()
        self._killer.life(LONGEST, meanwhile=lambda: self._happen(waiting, _requests(self._feed) - begun))
        self._limits.killed()
        self._happen(waiting, inf)

    def live_to_the_end(self) -> int:
        """The last life, in fair weather, a day later: late rows are looked for. The exit code."""
        self._feed.clock.advance(DAY)
        for server in self._servers.values():
            server.faults.clear()
        self._promise(0.0)
        self._promises.acknowledge_now()
        self._limits.begin()
        forwarder = self._world.start()
        self._issued = self._feed.issued_ids()
        with suppress(AssertionError):  # what is missing then is for the auditor to say
            forwarder.until("everything is delivered", partial(self._delivered, forwarder), PATIENCE)
        exit_code = forwarder.stop()
        self._limits.stopped()
        return exit_code

    def told(self) -> str:
        """How far it came, for people who wait."""
        held = ", ".join(f"{sink} {len(server.uids()):,}" for sink, server in self._world.receivers().items())
        return (
            f"{self._requests():,} requests, {self._faults()} faults, {len(self._feed.issued_ids()):,} issued; {held}"
        )

    def books(self, kills: int, seed: int, exit_code: int, began: float) -> Books:
        """The end of it. Raises `AssertionError` when the log tells a crash or a secret."""
        self._world.books({})
        sinks = self._world.settings["sinks"]
        lines = audit(
            self._issued, {sink: self._held(sink) for sink in sinks}, {sink: self._limits.of(sink) for sink in sinks}
        )
        return Books(
            kills=kills,
            lives=kills + 1,
            requests=self._requests(),
            issued=len(self._issued),
            faults=self._faults(),
            vanished=len(self._promises.vanished),
            lines=lines,
            exit_code=exit_code,
            seed=seed,
            seconds=time.monotonic() - began,
        )

    def _promise(self, delay: float | None) -> None:
        self._promises.delay = delay or 0.0
        self._world.hec.acks = None if delay is None else self._promises

    def _happen(self, waiting: deque[Rows], request: float) -> None:
        """Let happen what waits for this request of the feed, or for an earlier one."""
        while waiting and waiting[0].request <= request:
            rows = waiting.popleft()
            self._batches += 1
            self._feed.extend(happens(self._feed.clock, f"soak_{self._batches}", rows.number, ago=rows.ago))

    def _delivered(self, forwarder: Forwarder) -> bool:
        """Whether the receivers hold it all, and the archive has nothing to do."""
        if not all(self._world.holds(sink, self._issued) for sink in self._world.receivers()):
            return False
        return forwarder.metric(BACKLOG, sink="archive") == 0

    def _held(self, sink: str) -> list[dict[str, Any]]:
        archive = self._folder / "archive"
        return list(archived(archive)) if sink == "archive" else self._world.receivers()[sink].events()

    def _requests(self) -> int:
        return sum(map(_requests, self._servers.values()))

    def _faults(self) -> int:
        return sum(sum(server.stats()["faults"].values()) for server in self._servers.values())


def _requests(server: LocalServer) -> int:
    return sum(server.stats()["requests"].values())
