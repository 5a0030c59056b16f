"""A Splunk indexer that may crash: it loses its acknowledgements, and the events that it had not yet indexed.

Invariant: an event vanishes at most once. The forwarder sends unacknowledged events exactly once more; an indexer that
loses both copies has lost the event itself. So a crash never takes a copy that was old enough to be acknowledged.
"""

import json
from collections import Counter

from forwarder.simulator import SimulatedClock
from forwarder.simulator.hec_protocol import Acks, uid_of
from tests.faults.ledger import Ledger


class CrashingIndexer(Acks):
    """The acknowledgements of one receiver, called under the lock of its server. `crash` may be called at any time."""

    def __init__(self, clock: SimulatedClock, ledger: Ledger) -> None:
        super().__init__(clock, delay=0.0)
        self.crashes = 0
        self.vanished: set[str] = set()
        """The uids of events that were accepted and lost."""
        self._ledger = ledger
        self._bodies: dict[tuple[str, int], list[str]] = {}
        """The texts of the events of each pending acknowledgement."""
        self._lost_acks = Counter[str]()
        self._last_reported: list[str] = []
        self._crashing = False

    def give(self, channel: str) -> int:
        """See `Acks.give`."""
        ack_id = super().give(channel)
        events = len(self._ledger.bodies[-1].uids)
        self._bodies[channel, ack_id] = self._ledger.texts[len(self._ledger.texts) - events :]
        return ack_id

    def take(self, channel: str, ids: list[int]) -> dict[str, bool]:
        """See `Acks.take`."""
        if self._crashing:
            self.restart()
        answers = super().take(channel, ids)
        acknowledged = [int(ack_id) for ack_id, indexed in answers.items() if indexed]
        self._last_reported = [_uid(text) for ack_id in acknowledged for text in self._bodies.pop((channel, ack_id))]
        return answers

    def crash(self) -> None:
        """Crash at the next acknowledgement query."""
        self._crashing = True

    def restart(self) -> None:
        """See `Acks.restart`; also loses the events that are not indexed."""
        unindexed = [text for pending, body in self._bodies.items() if self._is_pending(*pending) for text in body]
        super().restart()
        self._crashing = False
        self.crashes += 1
        self._lost_acks += self._unacknowledged()
        self._bodies.clear()
        self._vanish([text for text in unindexed if _uid(text) not in self.vanished])

    def record_kill(self) -> None:
        """The forwarder was killed, and may not have stored the acknowledgements that it received last."""
        self._lost_acks.update(self._last_reported)
        self._last_reported = []

    def unacknowledged(self) -> Counter[str]:
        """How often the forwarder may have missed the acknowledgement of each event, so that it sent it again."""
        return self._lost_acks + self._unacknowledged()

    def _unacknowledged(self) -> Counter[str]:
        return Counter(_uid(text) for body in self._bodies.values() for text in body)

    def _is_pending(self, channel: str, ack_id: int) -> bool:
        return self._due[channel].get(ack_id, 0) > self._clock.now_us()

    def _vanish(self, texts: list[str]) -> None:
        vanished = {id(text): _uid(text) for text in texts}
        self._ledger.texts = [text for text in self._ledger.texts if id(text) not in vanished]
        self._ledger.uids = +(self._ledger.uids - Counter(vanished.values()))
        self.vanished.update(vanished.values())


def _uid(text: str) -> str:
    return uid_of(json.loads(text)["event"])
