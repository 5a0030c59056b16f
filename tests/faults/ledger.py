"""The events that a receiver has, and the upper limit of duplicates."""

from typing import Any

from forwarder.simulator.destination import Deliveries

MAX_IN_FLIGHT = 4
"""Requests per sink that can be in flight at once."""


class Ledger(Deliveries):
    """The deliveries of a receiver, with the number of events per request."""

    def __init__(self) -> None:
        super().__init__(keep_events=True)
        self.bodies: list[int] = []
        """Events per request body, in the order of arrival."""

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """See `Deliveries.store`."""
        super().store(uids, events, size)
        self.bodies.append(len(uids))

    def in_flight(self, requests: int = MAX_IN_FLIGHT, since: int = 0) -> int:
        """The most events that `requests` requests can have contained, of the bodies from number `since` on."""
        return sum(sorted(self.bodies[since:], reverse=True)[:requests])
