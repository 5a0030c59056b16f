"""What every sink does, and the loop that all HTTP sinks share: bodies, partial confirmation, refused events.

Invariants:
- An event is settled once: delivered, or refused by name and made a dead letter.
- A refusal that names its event costs that event only; one that does not is narrowed down by halving.
- A destination that calls even a small event too large is in trouble itself: later.
- More than `SUSPICIOUS` refusals in a row, or more than that and 1 % of a chunk, mean that the destination is
  wrong and not the events: stop, keep everything.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from pydantic import Field

from forwarder.config import Section
from forwarder.errors import Fatal, Misconfigured, Reject, Retry
from forwarder.records import DeadLetter, Stream
from forwarder.store import AckTicket, Chunk, Delivery

SUSPICIOUS = 10
TOO_LARGE = "too-large"
SMALL = 64 * 1024
"""An event below this size is never to blame for being too large: something in between has a wrong limit."""


class SinkSettings(Section):
    """What every sink has under `sinks.NAME`. A kind of sink names itself by `type: Literal["…"]`."""

    type: str
    enabled: bool = Field(True, description="whether events are sent there")


class Settled(NamedTuple):
    """Events of the chunk before `position` are delivered or among `letters`."""

    position: int
    dead_letters: Sequence[DeadLetter] = ()
    sent_bytes: int = 0
    """Bytes on the wire."""
    ack_ticket: AckTicket | None = None
    """They are taken, and confirmed when this acknowledgement comes."""


class Sink(Protocol):
    """One destination."""

    name: str
    lanes: int
    """Requests in flight at the same time."""

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """Send what the delivery still holds; each yield is confirmed by the destination and then noted.

        Raises `Retry` (later), `Misconfigured` (keep everything, probe).
        """

    def check(self, chunk: Chunk) -> str:
        """Prove the destination with one harmless event; the answer says what was proven. Raises as `deliver`."""

    def credential_version(self) -> object:
        """Changes when the sink's secret changes."""

    def head(self) -> str | None:
        """The head of a chained sink, for the forwarder's own health event."""

    def close(self) -> None:
        """Give connections and files back."""


@runtime_checkable
class Acknowledging(Protocol):
    """A sink whose destination may say later that it keeps what it took."""

    ack_timeout: float
    """Seconds after which an acknowledgement is not coming any more."""

    def acknowledged(self, channel: str, acks: Sequence[int]) -> set[int]:
        """Those of `acks` that are acknowledged; each is told once. Raises as `Sink.deliver`."""


class Verdict(NamedTuple):
    """A destination's answer to one body: how many of its first events it took, and what of the rest."""

    taken: int
    refusal: Reject | None = None
    """The event after the taken ones is refused; with `named` False some event of the body is."""
    named: bool = True
    problem: Retry | Fatal | None = None
    """Why the rest was not taken, when no event is to blame."""
    sent_bytes: int = 0
    ack_ticket: AckTicket | None = None


class Bodies:
    """Sends a chunk's events in bodies of at most `limit` bytes, and settles them."""

    def __init__(self, sink: str, limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._in_a_row = 0

    def deliver(
        self, delivery: Delivery, parts: Sequence[bytes], send: Callable[[Stream, Sequence[bytes]], Verdict]
    ) -> Iterator[Settled]:
        """Settle `parts` — the chunk's encoded events — from the delivery's position on."""
        start, width, refused = delivery.position, len(parts), delivery.refused
        while start < delivery.end:
            stop = min(self._fit(parts, start), start + width, delivery.end)
            verdict = send(delivery.chunk.stream, parts[start:stop])
            if verdict.refusal and not verdict.named and stop - start > 1:
                width = (stop - start) // 2
                continue
            if verdict.refusal and verdict.refusal.reason == TOO_LARGE and len(parts[start]) < SMALL:
                raise Retry(f"sinks.{self._sink}: {len(parts[start])} bytes are called too large ({verdict.refusal})")
            width = max(width, 1) * 2
            dead_letters = []
            position = start + verdict.taken
            if verdict.taken:
                self._in_a_row = 0
            if verdict.refusal:
                if verdict.taken:
                    yield Settled(position)
                refused += 1
                self._suspect(refused, len(parts), verdict.refusal)
                dead_letters.append(self._letter(delivery.chunk, position, verdict.refusal))
                position += 1
            if position > start:
                yield Settled(position, dead_letters, verdict.sent_bytes, verdict.ack_ticket)
            if verdict.problem:
                raise verdict.problem
            start = position

    def _fit(self, parts: Sequence[bytes], start: int) -> int:
        """End of the longest run from `start` that fits into a body; at least one event."""
        size, stop = 0, start
        while stop < len(parts):
            size += len(parts[stop]) + 1
            if size > self._limit and stop > start:
                break
            stop += 1
        return stop

    def _suspect(self, refused: int, events: int, refusal: Reject) -> None:
        self._in_a_row += 1
        if self._in_a_row > SUSPICIOUS or refused > max(SUSPICIOUS, events // 100):
            raise Misconfigured(
                f"sinks.{self._sink}: refuses event after event ({refusal.reason}: {refusal}); the destination looks "
                f"wrong, not the events; everything is kept"
            )

    def _letter(self, chunk: Chunk, position: int, refusal: Reject) -> DeadLetter:
        body = chunk.lines()[position]
        uid = chunk.keys()[position].uid
        return DeadLetter(chunk.source, self._sink, refusal.reason, str(refusal), uid, body)
