"""HEC's channels: one a thread that sends, so that acknowledgement numbers rise; a fresh one when they do not.

Source: Splunk documentation, About HTTP Event Collector Indexer Acknowledgment: numbers count up within a channel
from 0, and begin anew when the indexer restarts. A number that does not rise therefore means that what was
promised before it is forgotten; another channel keeps the new promises apart from the old ones.
"""

import threading
import uuid

from forwarder.store import AckTicket


class Channels(threading.local):
    """The channel of the thread that asks."""

    def __init__(self) -> None:
        self.name = str(uuid.uuid4())
        self._last = -1

    def ack_ticket(self, ack: int) -> AckTicket:
        """The promise `ack`, just given to a body that this thread sent on `name`."""
        given = AckTicket(self.name, ack)
        if ack <= self._last:
            self.name, self._last = str(uuid.uuid4()), -1
        else:
            self._last = ack
        return given
