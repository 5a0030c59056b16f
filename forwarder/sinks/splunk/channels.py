"""HEC channels: what is sent one after the other, with acknowledgement numbers and a balancer's cookies of its own.

Facts (Splunk documentation, *About HTTP Event Collector Indexer Acknowledgment*): numbers count up within a channel, by
one a body, from 0; an indexer knows only its own, and begins anew when it restarts. An acknowledgement is given once.
What an indexer knows of a channel that is not used for ten minutes (`maxIdleTime`) may be cleaned up.

Invariants:
- A number on a channel means one body: a channel whose numbers do not rise is left, and its promises are forgotten.
- Nothing more is sent on a channel until its first number is acknowledged. An indexer that begins anew gives that
  number to the next body, and nobody would know of it when the answer is lost or this process dies before it.
- A channel is left after a body that was not taken, or of which nobody knows: at most one body is on its way with a
  number that is not known, and cookies may hold the channel at a node that is full. It is left, too, when an
  acknowledgement did not come in time, and when it was not used for some minutes.
"""

import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Container, Iterable

from forwarder.sinks.splunk.cookies import Cookies
from forwarder.store import AckTicket

MOST_CHANNELS = 256
"""Channels with promises that are remembered; one that is not is still asked, with the cookies of its ticket."""
LONGEST_IDLE = 300.0
"""Seconds without a body after which a channel is left: half of what Splunk allows."""


class Channel:
    """One channel. One thread at a time sends bodies on it, another asks for their acknowledgements."""

    def __init__(self, name: str | None = None, session: str = "") -> None:
        self.name = name or str(uuid.uuid4())
        self.cookies = Cookies(session)
        self.is_left = False
        """No further body is sent on it."""
        self.is_forgotten = False
        """Its numbers began anew: what was promised before is not acknowledged any more."""
        self.used_at = 0.0
        """On the monotonic clock of `Channels`: when a thread took it for a body."""
        self._lock = threading.Lock()
        self._first: int | None = None
        self._last: int | None = None

    def promised(self, number: int) -> AckTicket | None:
        """The ticket for the body that was taken under `number`; `None` when the number proves that they began anew."""
        with self._lock:
            if self._last is not None and number <= self._last:
                self.is_left = self.is_forgotten = True
                return None
            self._last = number
            self._first = number if self._first is None else self._first
            return AckTicket(self.name, number, self.cookies.header())

    def is_first(self, numbers: Container[int]) -> bool:
        """Whether the number with which the channel began is among these."""
        with self._lock:
            return self._first is not None and self._first in numbers

    def provable(self, numbers: Iterable[int]) -> list[int]:
        """See `Acknowledging.provable`."""
        return [] if self.is_forgotten else list(numbers)


class Channels:
    """The channel of each thread that sends, and those on which something is promised."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._promising: OrderedDict[str, Channel] = OrderedDict()
        self._free: deque[Channel] = deque(maxlen=MOST_CHANNELS)
        """Channels that no thread has, whose first number is acknowledged."""

    def current(self) -> Channel:
        """The channel on which this thread sends its next body."""
        channel: Channel | None = getattr(self._of_thread, "channel", None)
        if channel is None or not self._is_usable(channel):
            channel = self._of_thread.channel = self._take() or self._new()
        channel.used_at = self._now()
        return channel

    def promised(self, channel: Channel, number: int) -> AckTicket | None:
        """See `Channel.promised`.

        A channel that got its first number is this thread's no more, until it is `confirmed`; where the numbers began
        anew, the thread goes on with a new channel: others may have been of the same indexer.
        """
        with self._lock:
            self._promising[channel.name] = channel
            self._promising.move_to_end(channel.name)
            while len(self._promising) > MOST_CHANNELS:
                self._promising.popitem(last=False)
            ticket = channel.promised(number)
            if ticket is None:
                self._of_thread.channel = self._new()
            elif channel.is_first([number]):
                self._of_thread.channel = None
            return ticket

    def confirmed(self, channel: Channel, acknowledged: Container[int]) -> None:
        """These numbers of the channel are acknowledged."""
        if channel.is_first(acknowledged):
            with self._lock:
                self._free.append(channel)

    def of(self, name: str, session: str) -> Channel:
        """The channel of this name; `session`: its cookies, in case that it is not remembered."""
        with self._lock:
            return self._promising.get(name) or Channel(name, session)

    def _take(self) -> Channel | None:
        with self._lock:
            while self._free:
                channel = self._free.pop()
                if self._is_usable(channel):
                    return channel
        return None

    def _new(self) -> Channel:
        channel = Channel()
        channel.used_at = self._now()
        return channel

    def _is_usable(self, channel: Channel) -> bool:
        return not channel.is_left and self._now() - channel.used_at <= LONGEST_IDLE
