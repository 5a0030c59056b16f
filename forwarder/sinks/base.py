"""What every sink does, and what all HTTP sinks share: encoding, bodies, partial confirmation, refused events.

Invariants:
- An event is settled once: delivered, or refused by itself and made a dead letter.
- A refusal that names its event costs that event only; one that does not is narrowed down by halving the body.
- An event that cannot be encoded costs that event only, and says nothing about the destination.
- A destination that calls even a small event too large has a fault of its own: later.
- More than `MAX_REFUSALS` refusals in a row, or more than that and 1 % of a chunk, mean that the destination is
  misconfigured and not the events: stop, keep everything.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

from pydantic import Field, model_validator

from forwarder.config import Section
from forwarder.errors import Fatal, Misconfigured, Reject, Retry
from forwarder.records import DeadLetter, Stream
from forwarder.store import AckTicket, Chunk, Delivery

MAX_REFUSALS = 10
TOO_LARGE = "too-large"
ENCODING = "encoding"
UNACKNOWLEDGED = "unacknowledged"
"""Reason of a dead letter that its sink took twice, and whose acknowledgement never came."""
SMALL = 64 * 1024
"""An event below this size is never too large: a proxy or load balancer in between has a wrong limit."""

_MADE_UP = re.compile(r"//(?:[\w-]+\.)*example\.|^(?:dcr-)?[0-]+$")
"""What nobody's destination has: the hosts and ids of the starter file."""

ChunkEvent = tuple[Sequence[Any], bytes]
"""The values of an event's `KeyFields`, in their order, and its bytes."""
Encoded = TypeVar("Encoded")
Encode = Callable[[Sequence[ChunkEvent]], list[Encoded]]
"""Makes of each event what the destination takes. Pure: the same events give the same, in any grouping."""
Send = Callable[[Stream, Sequence[bytes]], "Verdict"]
"""Sends encoded events of a stream as one body."""


class SinkSettings(Section):
    """What every sink has under `sinks.NAME`. A kind of sink names itself by `type: Literal["…"]`.

    A field with `examples` stands in the starter file, with the first of them.
    """

    type: str
    enabled: bool = Field(True, description="whether events are sent there")

    def addresses(self) -> tuple[str, ...]:
        """The URLs that the sink connects to."""
        return ()

    @property
    def address(self) -> str:
        """Where events are sent, for messages."""
        return next(iter(self.addresses()), self.type)

    @model_validator(mode="after")
    def _own_values(self) -> Self:
        """An enabled sink has values of its own where the starter file has made-up ones."""
        made_up = [
            name
            for name, field in type(self).model_fields.items()
            if field.examples and getattr(self, name) == field.examples[0] and _MADE_UP.search(str(field.examples[0]))
        ]
        if self.enabled and made_up:
            raise ValueError(f"{', '.join(made_up)}: still as in the starter file; set your own, or enabled: false")
        return self


class Settled(NamedTuple):
    """Events of the chunk before `position` are delivered or among `dead_letters`."""

    position: int
    dead_letters: Sequence[DeadLetter] = ()
    sent_bytes: int = 0
    """Bytes on the wire."""
    ack_ticket: AckTicket | None = None
    """They are accepted, and confirmed when this acknowledgement comes."""


class Sink(Protocol):
    """One destination."""

    name: str
    concurrency: int
    """Requests in flight at the same time."""

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """Send what is left of the delivery; each yield is confirmed by the destination and then noted in the store.

        Raises `Retry` (later), `Misconfigured` (keep everything, probe).
        """

    def check(self, chunk: Chunk) -> str:
        """Prove the destination with at most one harmless event; returns what was proven. Raises as `deliver`."""

    def credential_version(self) -> object:
        """Changes when the sink's secret changes."""

    def close(self) -> None:
        """Release connections and files."""


@runtime_checkable
class ChainedSink(Protocol):
    """A sink that chains what it holds, so that a hash kept elsewhere proves it."""

    def chain_head(self) -> str | None:
        """The hash of the last confirmed line, for the forwarder's own health event."""


@runtime_checkable
class Acknowledging(Protocol):
    """A sink whose destination may confirm later that it keeps what it accepted."""

    ack_timeout: float
    """Seconds after which an acknowledgement does not come any more."""

    def acknowledged(self, channel: str, session: str, acks: Sequence[int]) -> set[int]:
        """Those of `acks`, which are provable, that are acknowledged; each is reported once. Raises as `Sink.deliver`.

        `channel` and `session`: of their tickets.
        """

    def provable(self, channel: str, acks: Sequence[int]) -> Sequence[int]:
        """Those of `acks` whose acknowledgement would prove something; the others do not come any more."""

    def leave(self, channel: str) -> None:
        """An acknowledgement on this channel did not come in time: send what follows on another one."""


class Verdict(NamedTuple):
    """A destination's answer to one body: how many of its first events it took, and why not the rest."""

    taken: int
    refusal: Reject | None = None
    """The event after the taken ones is refused; with `named` False some event of the body is."""
    named: bool = True
    problem: Retry | Fatal | None = None
    """Why the rest was not taken, when no event is the cause."""
    sent_bytes: int = 0
    ack_ticket: AckTicket | None = None


def chunk_events(chunk: Chunk) -> list[ChunkEvent]:
    """The chunk's events in their order."""
    return list(chunk.pairs())


def encode_events(chunk: Chunk, encode: Encode[Encoded]) -> Sequence[Encoded | Reject]:
    """The chunk's events as `encode` makes them; a `Reject` stands for each that it cannot encode.

    All at once, which is fast; one by one only where that fails.
    """
    events = chunk_events(chunk)
    try:
        return encode(events)
    except Exception:  # A fault of ours with one event must not keep the others.
        return [part for event in events for part in _encode_one(event, encode)]


def _encode_one(event: ChunkEvent, encode: Encode[Encoded]) -> Sequence[Encoded | Reject]:
    try:
        return encode([event])
    except Exception as error:
        return [Reject(ENCODING, f"{type(error).__name__}: {error}")]


def dead_letter(sink: str, chunk: Chunk, position: int, refusal: Reject) -> DeadLetter:
    """The chunk's event at `position`, refused by `sink`."""
    uid = chunk.keys()[position].uid
    return DeadLetter(chunk.source, sink, refusal.reason, str(refusal), uid, chunk.lines()[position])


def check_delivery(sink: Sink, chunk: Chunk) -> None:
    """Deliver one harmless event for `Sink.check`. Raises as `Sink.deliver`, also when the event is refused."""
    for settled in sink.deliver(Delivery(sink.name, 0, 0, 0, chunk)):
        for letter in settled.dead_letters:
            raise Misconfigured(
                f"sinks.{sink.name}: refuses a health event ({letter.reason}: {letter.detail}); check what it accepts"
            )


class BodySender:
    """Sends a chunk's events in bodies of at most `limit` bytes before compression, and settles them."""

    def __init__(self, sink: str, limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._refused_in_a_row = 0

    def deliver(self, delivery: Delivery, encode: Encode[bytes], send: Send) -> Iterator[Settled]:
        """Settle the events of the delivery from its position on. Raises as `Sink.deliver`."""
        chunk = delivery.chunk
        parts = encode_events(chunk, encode)
        start, width = delivery.position, len(parts)
        refused = delivery.refused - sum(isinstance(part, Reject) for part in parts[:start])
        while start < delivery.end:
            first = parts[start]
            if isinstance(first, Reject):
                yield Settled(start + 1, [dead_letter(self._sink, chunk, start, first)])
                start += 1
                continue
            body = self._body(parts, start, min(start + width, delivery.end))
            verdict = send(chunk.stream, body)
            if verdict.refusal and not verdict.named and len(body) > 1:
                width = len(body) // 2
                continue
            width = max(width, 1) * 2
            refused += verdict.refusal is not None
            yield from self._settle(delivery, start, len(first), refused, verdict)
            start += verdict.taken + (verdict.refusal is not None)

    def _settle(
        self, delivery: Delivery, start: int, first_bytes: int, refused: int, verdict: Verdict
    ) -> Iterator[Settled]:
        """What a verdict settles. Raises what kept the rest from being taken."""
        refusal, position = verdict.refusal, start + verdict.taken
        if refusal and refusal.reason == TOO_LARGE and first_bytes < SMALL:
            raise Retry(
                f"sinks.{self._sink}: an event of {first_bytes} bytes is refused as too large ({refusal}); "
                f"raise the body limit of the destination or of the proxy before it"
            )
        if verdict.taken:
            self._refused_in_a_row = 0
        if refusal:
            if verdict.taken:
                yield Settled(position)
            self._stop_when_misconfigured(refused, delivery.chunk.events, refusal)
            letter = dead_letter(self._sink, delivery.chunk, position, refusal)
            yield Settled(position + 1, [letter], verdict.sent_bytes, verdict.ack_ticket)
        elif verdict.taken:
            yield Settled(position, (), verdict.sent_bytes, verdict.ack_ticket)
        if verdict.problem:
            raise verdict.problem

    def _body(self, parts: Sequence[bytes | Reject], start: int, stop: int) -> list[bytes]:
        """The longest run of parts from `start` that fits into a body; at least one event."""
        size, body = 0, list[bytes]()
        for position in range(start, stop):
            part = parts[position]
            if isinstance(part, Reject):
                break
            size += len(part) + 1
            if size > self._limit and body:
                break
            body.append(part)
        return body

    def _stop_when_misconfigured(self, refused: int, events: int, refusal: Reject) -> None:
        self._refused_in_a_row += 1
        if self._refused_in_a_row > MAX_REFUSALS or refused > max(MAX_REFUSALS, events // 100):
            raise Misconfigured(
                f"sinks.{self._sink}: refuses too many events ({refusal.reason}: {refusal}), so the destination and "
                f"not the events looks misconfigured; nothing more is sent and everything is kept; check what it "
                f"accepts"
            )
