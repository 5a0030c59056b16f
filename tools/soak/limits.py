"""How many events each sink may hold twice: what was in flight at kills and lost answers, and promises not kept."""

import time
from collections import Counter

from tests.faults.ledger import LANES
from tests.faults.world import World
from tools.soak.promises import Promises
from tools.soak.weather import lost_answers

READ_BY_THEN = 0.1
"""Seconds after a kill until the receivers have read what was sent before it; a start takes much longer."""


class Limits:
    """Told of each life's begin and end. A sink that is no receiver may hold nothing twice."""

    def __init__(self, world: World, promises: Promises) -> None:
        self._world = world
        self._promises = promises
        self._in_flight: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._lost: dict[str, int] = {}

    def begin(self) -> None:
        """A life begins."""
        receivers = self._world.receivers()
        self._first = {sink: len(self._world.ledgers[sink].bodies) for sink in receivers}
        self._lost = {sink: lost_answers(server) for sink, server in receivers.items()}

    def killed(self) -> None:
        """It ended with a kill."""
        time.sleep(READ_BY_THEN)
        self._promises.killed()
        self._count(LANES)

    def stopped(self) -> None:
        """It ended by itself, nothing being in flight."""
        self._count(0)

    def of(self, sink: str) -> int:
        """The limit so far."""
        return self._in_flight[sink] + (self._promises.unkept() if sink == "splunk" else 0)

    def _count(self, in_flight: int) -> None:
        for sink, server in self._world.receivers().items():
            requests = in_flight + lost_answers(server) - self._lost[sink]
            self._in_flight[sink] += self._world.ledgers[sink].in_flight(requests, since=self._first[sink])
