"""Splunk's acknowledgements on an indexer that may crash: its promises are gone, and what it had not yet indexed.

Invariant: an event vanishes once at the most. Sending twice is what the forwarder promises where acknowledgements
fail to come; an indexer that loses both copies has lost the event by itself. So a crash takes no copy that was old
enough to be acknowledged: the forwarder sends the second one only behind that.
"""

import json
from collections import Counter

from forwarder.simulator import SimulatedClock
from forwarder.simulator.hec_protocol import Acks, uid_of
from tests.faults.ledger import Ledger


class Promises(Acks):
    """Acknowledgements for one receiver. Its server calls them under its lock; `crash` may be called at any time."""

    def __init__(self, clock: SimulatedClock, ledger: Ledger) -> None:
        super().__init__(clock, delay=0.0)
        self.crashes = 0
        self.vanished: set[str] = set()
        """The uids of events that were taken and lost."""
        self._ledger = ledger
        self._bodies: dict[tuple[str, int], list[str]] = {}
        """The text of each event that an acknowledgement is about."""
        self._broken = self._told = 0
        self._crashing = False

    def give(self, channel: str) -> int:
        """See `Acks.give`."""
        ack_id = super().give(channel)
        events = self._ledger.bodies[-1]
        self._bodies[channel, ack_id] = self._ledger.texts[len(self._ledger.texts) - events :]
        return ack_id

    def take(self, channel: str, ids: list[int]) -> dict[str, bool]:
        """See `Acks.take`."""
        if self._crashing:
            self.restart()
        answers = super().take(channel, ids)
        self._told = sum(len(self._bodies.pop((channel, int(ack)))) for ack, there in answers.items() if there)
        return answers

    def crash(self) -> None:
        """Crash at the next question."""
        self._crashing = True

    def restart(self) -> None:
        """See `Acks.restart`; the events go too."""
        unindexed = [text for promise, body in self._bodies.items() if self._is_pending(*promise) for text in body]
        super().restart()
        self._crashing = False
        self.crashes += 1
        self._broken += sum(map(len, self._bodies.values()))
        self._bodies.clear()
        self._vanish([text for text in unindexed if _uid(text) not in self.vanished])

    def killed(self) -> None:
        """The forwarder was killed: it may not have noted what it was told last."""
        self._broken += self._told
        self._told = 0

    def unkept(self) -> int:
        """The events whose acknowledgement the forwarder may not have got, so that it sent them again."""
        return self._broken + sum(map(len, self._bodies.values()))

    def _is_pending(self, channel: str, ack_id: int) -> bool:
        return self._due[channel].get(ack_id, 0) > self._clock.now_us()

    def _vanish(self, texts: list[str]) -> None:
        gone = {id(text): _uid(text) for text in texts}
        self._ledger.texts = [text for text in self._ledger.texts if id(text) not in gone]
        self._ledger.uids = +(self._ledger.uids - Counter(gone.values()))
        self.vanished.update(gone.values())


def _uid(text: str) -> str:
    return uid_of(json.loads(text)["event"])
