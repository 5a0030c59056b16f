"""What a receiver holds, and what may have come twice."""

from typing import Any

from forwarder.simulator.destination import Deliveries

LANES = 4
"""Requests in flight a sink, at the most."""


class Ledger(Deliveries):
    """A receiver's ledger that also remembers which events came in one body."""

    def __init__(self) -> None:
        super().__init__(keep_events=True)
        self.bodies: list[int] = []
        """Events a body, in the order of arrival."""

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """See `Deliveries.store`."""
        super().store(uids, events, size)
        self.bodies.append(len(uids))

    def in_flight(self, requests: int = LANES, since: int = 0) -> int:
        """The events that `requests` requests can have held at the most, of the bodies from number `since` on."""
        return sum(sorted(self.bodies[since:], reverse=True)[:requests])
