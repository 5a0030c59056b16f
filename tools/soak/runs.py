"""The runs of a soak test: each is killed, except the last one, which must deliver everything."""

import time
from collections import Counter, deque
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
from tests.faults.rows import new_activities
from tests.faults.test_kill import Killer
from tests.faults.test_sink_outages import BACKLOG
from tests.faults.world import World
from tools.soak.audit import SoakResult, audit
from tools.soak.indexer import CrashingIndexer
from tools.soak.plan import HOUR, PlannedRows, PlannedRun, planned_runs

FIRST_ROWS = 4000
MAX_REQUESTS = 60
"""Requests in a run before the kill, at most."""
LAST_RUN_TIMEOUT = 180.0
"""Seconds that the last run has to deliver everything."""
DAY = 24 * HOUR
ACK_TIMEOUT = "3s"


def soak(folder: Path, kills: int, seed: int, sinks: Collection[str], show: Callable[[str], None]) -> SoakResult:
    """Run, kill, and finally deliver everything. All files are written to `folder`."""
    started = time.monotonic()
    rows = scenario("ordinary-month", now=datetime.now(UTC), seed=seed, count=FIRST_ROWS)
    with World(folder, rows, sinks=sinks, clock=SimulatedClock()) as world:
        test = _Soak(world, folder, seed)
        for run in planned_runs(kills, seed):
            test.run_and_kill(run)
            if run.number % 10 == 0 or run.number == kills:
                show(f"run {run.number} of {kills}, {time.monotonic() - started:.0f} s: {test.progress()}")
        exit_code = test.run_to_completion()
        return test.result(kills, seed, exit_code, started)


class _Soak:
    """A world with faults."""

    def __init__(self, world: World, folder: Path, seed: int) -> None:
        self._world = world
        self._feed = world.feed
        self._folder = folder
        self._killer = Killer(world, f"kills {seed}")
        self._indexer = CrashingIndexer(world.feed.clock, world.ledgers["splunk"])
        self._servers: dict[str, LocalServer] = {"feed": world.feed, "splunk": world.hec, "sentinel": world.logs}
        self._batches = 0
        self._issued: list[str] = []
        """The activities that the last run must deliver."""
        if "splunk" in world.settings["sinks"]:
            world.settings["sinks"]["splunk"]["ack_timeout"] = ACK_TIMEOUT

    def run_and_kill(self, run: PlannedRun) -> None:
        """One run until its kill. Rows that did not appear before the kill appear after it."""
        self._world.advance(run.pause)
        self._set_acks(run.ack_delay)
        if run.indexer_crash:
            self._indexer.crash()
        for fault in run.faults:
            self._servers[fault.server].fault(**fault.options)
        pending, before = deque(run.rows), _requests(self._feed)
        self._killer.run_and_kill(MAX_REQUESTS, meanwhile=lambda: self._issue(pending, _requests(self._feed) - before))
        self._indexer.record_kill()
        self._issue(pending, inf)

    def run_to_completion(self) -> int:
        """The last run, without faults and a day later, so that late rows are reconciled. Returns the exit code."""
        self._world.advance(DAY)
        for server in self._servers.values():
            server.faults.clear()
        self._set_acks(0.0)
        self._indexer.acknowledge_now()
        forwarder = self._world.start()
        self._issued = self._feed.issued_ids()
        with suppress(AssertionError):  # the audit reports what is missing
            forwarder.until("everything is delivered", partial(self._delivered, forwarder), LAST_RUN_TIMEOUT)
        return forwarder.stop()

    def progress(self) -> str:
        """The progress as one line."""
        received = ", ".join(f"{sink} {len(server.uids()):,}" for sink, server in self._world.receivers().items())
        issued = len(self._feed.issued_ids())
        return f"{self._requests():,} requests, {self._faults()} faults, {issued:,} issued; {received}"

    def result(self, kills: int, seed: int, exit_code: int, started: float) -> SoakResult:
        """The result. Raises `AssertionError` when the log contains a crash or a secret."""
        self._world.assert_no_loss({})
        sinks = self._world.settings["sinks"]
        limits = {sink: self._allowed(sink).total() for sink in sinks}
        return SoakResult(
            kills=kills,
            runs=kills + 1,
            requests=self._requests(),
            issued=len(self._issued),
            faults=self._faults(),
            vanished=len(self._indexer.vanished),
            sinks=audit(self._issued, {sink: self._events_of(sink) for sink in sinks}, limits),
            exit_code=exit_code,
            seed=seed,
            seconds=time.monotonic() - started,
        )

    def _set_acks(self, delay: float | None) -> None:
        self._indexer.delay = delay or 0.0
        self._world.hec.acks = None if delay is None else self._indexer

    def _issue(self, pending: deque[PlannedRows], request: float) -> None:
        """Issue the rows that are planned for this request of the feed or an earlier one."""
        while pending and pending[0].request <= request:
            rows = pending.popleft()
            self._batches += 1
            issues = new_activities(self._feed.clock, f"soak_{self._batches}", rows.number, ago=rows.ago)
            self._feed.extend(issues)

    def _delivered(self, forwarder: Forwarder) -> bool:
        """Whether the receivers have everything and the archive has no backlog."""
        if not all(self._world.has_received(sink, self._issued) for sink in self._world.receivers()):
            return False
        return forwarder.metric(BACKLOG, sink="archive") == 0

    def _allowed(self, sink: str) -> Counter[str]:
        """How often each event may be at a sink beyond the first time."""
        allowed = self._world.allowed(sink)
        return allowed + self._indexer.unacknowledged() if sink == "splunk" else allowed

    def _events_of(self, sink: str) -> list[dict[str, Any]]:
        archive = self._folder / "archive"
        return list(archived(archive)) if sink == "archive" else self._world.receivers()[sink].events()

    def _requests(self) -> int:
        return sum(map(_requests, self._servers.values()))

    def _faults(self) -> int:
        return sum(sum(server.stats()["faults"].values()) for server in self._servers.values())


def _requests(server: LocalServer) -> int:
    return sum(server.stats()["requests"].values())
