"""HEC channels: what is sent one after the other, with acknowledgement numbers and a balancer's cookies of its own.

Facts (Splunk documentation, *About HTTP Event Collector Indexer Acknowledgment*): numbers count up within a channel, by
one a body, from 0; an indexer knows only its own, and begins anew when it restarts. An acknowledgement is given once.

Invariants:
- A number on a channel means one body: a channel whose numbers do not rise is left, and its promises are forgotten.
- A channel is left after a body whose fate is unknown. An indexer that has begun anew may have given that body the
  number with which the channel began: for the one that had it before, the number proves nothing any more.
- While a body is on its way, the same number waits for the answer before it counts.
- A channel is left after 429 or 5xx, with its cookies: they may hold it at a node that is full. It is left, too, when
  an acknowledgement did not come in time.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable

from forwarder.sinks.splunk.cookies import Cookies
from forwarder.store import AckTicket

MOST_CHANNELS = 256
"""Channels with promises that are remembered; one that is not is still asked, with the cookies of its ticket."""


class Channel:
    """One channel. One thread sends bodies on it, another asks for their acknowledgements."""

    def __init__(self, name: str | None = None, session: str = "") -> None:
        self.name = name or str(uuid.uuid4())
        self.cookies = Cookies(session)
        self.is_left = False
        """No further body is sent on it."""
        self.is_forgotten = False
        """Its numbers began anew: what was promised before is not acknowledged any more."""
        self._lock = threading.Lock()
        self._first: int | None = None
        self._last: int | None = None
        self._on_its_way = False
        self._first_is_held = False
        self._first_proves_nothing = False

    def begin(self) -> None:
        """A body leaves."""
        with self._lock:
            self._on_its_way = True

    def promised(self, number: int) -> AckTicket | None:
        """The ticket for the body that was taken under `number`; `None` when the number proves that they began anew."""
        with self._lock:
            self._on_its_way = False
            if self._last is not None and number <= self._last:
                self.is_left = self.is_forgotten = self._first_proves_nothing = True
                return None
            self._last = number
            self._first = number if self._first is None else self._first
            return AckTicket(self.name, number, self.cookies.header())

    def not_promised(self, *, leave: bool, fate_is_known: bool) -> None:
        """The body has no number: it was not taken, or nobody knows (`fate_is_known` false)."""
        with self._lock:
            self._on_its_way = False
            self.is_left |= leave or not fate_is_known
            self._first_proves_nothing |= not fate_is_known

    def provable(self, numbers: Iterable[int]) -> list[int]:
        """See `Acknowledging.provable`."""
        with self._lock:
            if self.is_forgotten:
                return []
            return [number for number in numbers if not (self._first_proves_nothing and number == self._first)]

    def confirmed(self, acknowledged: Iterable[int]) -> set[int]:
        """What `acknowledged`, just given for provable numbers, proves now; a later call has what still waits."""
        with self._lock:
            proven = set(acknowledged)
            if self._first is not None:
                self._first_is_held |= self._first in proven
                proven.discard(self._first)
                if self._first_is_held and not self._on_its_way and not self._first_proves_nothing:
                    self._first_is_held = False
                    proven.add(self._first)
            return proven


class Channels:
    """The channel of each thread that sends, and those on which something is promised."""

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._promising: OrderedDict[str, Channel] = OrderedDict()

    def current(self) -> Channel:
        """The channel on which this thread sends its next body."""
        channel: Channel | None = getattr(self._of_thread, "channel", None)
        if channel is None or channel.is_left:
            channel = self._of_thread.channel = Channel()
        return channel

    def promised(self, channel: Channel, number: int) -> AckTicket | None:
        """See `Channel.promised`."""
        with self._lock:
            self._promising[channel.name] = channel
            self._promising.move_to_end(channel.name)
            while len(self._promising) > MOST_CHANNELS:
                self._promising.popitem(last=False)
        return channel.promised(number)

    def of(self, name: str, session: str) -> Channel:
        """The channel of this name; `session`: its cookies, in case that it is not remembered."""
        with self._lock:
            return self._promising.get(name) or Channel(name, session)
