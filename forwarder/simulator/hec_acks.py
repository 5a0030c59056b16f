"""Indexer acknowledgement: one id a request, counted within its channel, told once when true.

Source: help.splunk.com "About HTTP Event Collector Indexer Acknowledgment".
"""

import re
from collections import defaultdict

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.http import Request

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Acks:
    """The acknowledgements of every channel. `delay` is simulated seconds from acceptance to `true`."""

    def __init__(self, clock: SimulatedClock, delay: float) -> None:
        self._clock = clock
        self.delay = delay
        self._due: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._given: defaultdict[str, int] = defaultdict(int)

    def give(self, channel: str) -> int:
        """The id of a request just accepted."""
        ack_id = self._given[channel]
        self._given[channel] += 1
        self._due[channel][ack_id] = self._clock.now_us() + round(self.delay * SECOND)
        return ack_id

    def take(self, channel: str, ids: list[int]) -> dict[str, bool]:
        """`true` once for each id that is indexed; `false` for pending, unknown and already told ones."""
        return {str(ack_id): self._tell(self._due[channel], ack_id) for ack_id in ids}

    def restart(self) -> None:
        """Forget every pending acknowledgement and begin anew at 0, as a restarted indexer does."""
        self._due.clear()
        self._given.clear()

    def be_quick(self) -> None:
        """Acknowledge everything now, what was taken before too."""
        self.delay = 0.0
        for due in self._due.values():
            due.update(dict.fromkeys(due, 0))

    def _tell(self, due: dict[int, int], ack_id: int) -> bool:
        if ack_id not in due or self._clock.now_us() < due[ack_id]:
            return False
        del due[ack_id]
        return True


def channel_of(request: Request) -> str | None:
    """The channel of a request, from its header or its query."""
    return request.headers.get("x-splunk-request-channel") or dict(request.query).get("channel")


def is_channel(text: str) -> bool:
    """Whether the text is a GUID."""
    return _GUID.fullmatch(text) is not None
