"""The duplicates allowed per sink: events in flight at kills and lost responses, and lost acknowledgements."""

import time
from collections import Counter

from tests.faults.ledger import MAX_IN_FLIGHT
from tests.faults.world import World
from tools.soak.faults import lost_responses
from tools.soak.indexer import CrashingIndexer

SETTLED_AFTER = 0.1
"""Seconds after a kill until the receivers have read what was sent before it; a restart takes much longer."""


class DuplicateLimits:
    """Counts the allowed duplicates run by run. The archive must have none."""

    def __init__(self, world: World, indexer: CrashingIndexer) -> None:
        self._world = world
        self._indexer = indexer
        self._in_flight: Counter[str] = Counter()
        self._first_body: dict[str, int] = {}
        self._lost_before: dict[str, int] = {}

    def start_run(self) -> None:
        """A run starts."""
        receivers = self._world.receivers()
        self._first_body = {sink: len(self._world.ledgers[sink].bodies) for sink in receivers}
        self._lost_before = {sink: lost_responses(server) for sink, server in receivers.items()}

    def end_killed_run(self) -> None:
        """The run was killed."""
        time.sleep(SETTLED_AFTER)
        self._indexer.record_kill()
        self._count(MAX_IN_FLIGHT)

    def end_stopped_run(self) -> None:
        """The run stopped with nothing in flight."""
        self._count(0)

    def of(self, sink: str) -> int:
        """The duplicates allowed so far."""
        return self._in_flight[sink] + (self._indexer.unacknowledged() if sink == "splunk" else 0)

    def _count(self, in_flight: int) -> None:
        for sink, server in self._world.receivers().items():
            requests = in_flight + lost_responses(server) - self._lost_before[sink]
            self._in_flight[sink] += self._world.ledgers[sink].in_flight(requests, since=self._first_body[sink])
