"""What a receiver has, body by body, and the events that it has more often than it may."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from forwarder.simulator.destination import Deliveries

MAX_IN_FLIGHT = 4
"""Requests per sink that can be in flight at once: sent, and not yet recorded as confirmed."""


@dataclass(slots=True)
class Body:
    """The events of one request, by uid, and whether its answer was sent whole."""

    uids: list[str]
    answered: bool = True


class Ledger(Deliveries):
    """The deliveries of a receiver, with the bodies in the order of arrival."""

    def __init__(self) -> None:
        super().__init__(keep_events=True)
        self.bodies: list[Body] = []
        self._current: Body | None = None
        """What the request in progress delivered."""

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """See `Deliveries.store`."""
        super().store(uids, events, size)
        self._current = Body(uids)
        self.bodies.append(self._current)

    def end_request(self, *, answered: bool) -> None:
        """See `Deliveries.end_request`."""
        if self._current:
            self._current.answered = answered
        self._current = None

    def unanswered(self) -> Counter[str]:
        """How often each event was in a body whose answer was lost, so that it has to be sent again."""
        return Counter(uid for body in self.bodies if not body.answered for uid in body.uids)
