"""What the store takes and gives, and the errors that are its own. Times in microseconds."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from forwarder.errors import ForwarderError, Misconfigured
from forwarder.records import DeadLetter, Window
from forwarder.store.chunk import Chunk


class StoreInUse(Misconfigured):
    """Another process owns the store; the text names it."""


class LeaseLost(ForwarderError):
    """Another process took the store over: this one must stop without writing anything."""


class StoreFault(Exception):
    """A fault of this program in its use of the store, such as wrong SQL: repeating it cannot help."""


class Lease(NamedTuple):
    """Who owns the store. Each owner has a higher generation than the one before."""

    owner: str
    generation: int


class Checkpoint(NamedTuple):
    """How far a source has been read. All times are the source's own, in microseconds."""

    begin_us: int
    """Nothing older is wanted: where the first run began."""
    watermark_us: int
    """Everything created before is committed, late rows apart."""
    overlapped_us: int
    """When the overlap was last read whole."""
    reconciled_us: int
    """When the reconcile depth was last read whole."""


class BackfillProgress(NamedTuple):
    """How far a backfill has been read, in microseconds of the source's time; it ends with `done_us == end_us`."""

    name: str
    done_us: int
    end_us: int


class PageCommit(NamedTuple):
    """What one page adds to the store, all or nothing."""

    source: str
    chunks: Sequence[Chunk] = ()
    dead_letters: Sequence[DeadLetter] = ()
    checkpoint: Checkpoint | None = None
    reread_done: int | None = None
    """A window that was to be read again and now is."""
    unread: Sequence[Window] = ()
    """Windows of the source that are to be read again."""
    state_entries: Mapping[str, Mapping[str, bytes | None]] = MappingProxyType({})
    """State entries by source; `None` deletes one."""
    sinks: Sequence[str] | None = None
    """Who is to be sent the chunks; `None`: every sink of the store."""
    requeued: int | None = None
    """The dead letter that the chunks replace. When it is gone nothing is committed."""
    unless_known: bool = False
    """Leave out chunks whose ids are all known."""
    backfill: BackfillProgress | None = None
    store: str = ""
    """The store (`instance`) that the page was read for; another one does not take it. Empty: any."""


class Delivery(NamedTuple):
    """What one sink still has to do for one chunk."""

    sink: str
    chunk_id: int
    position: int
    refused: int
    chunk: Chunk
    store: str = ""
    """Which store numbered the chunk."""
    stop: int | None = None
    """Only events before it are to be sent; `None`: all."""
    again: int | None = None
    """The pending acknowledgement that never came, when these events were sent before."""

    @property
    def end(self) -> int:
        """Position behind the last event that is to be sent."""
        return self.chunk.events if self.stop is None else self.stop


class AckTicket(NamedTuple):
    """A destination's promise to acknowledge a body: the number it gave, which counts within the channel."""

    channel: str
    ack: int
    session: str = ""
    """What the destination needs besides to find the channel: the cookies of a load balancer."""


class PendingAck(NamedTuple):
    """Events that wait for an acknowledgement."""

    id: int
    channel: str
    ack: int
    session: str
    events: int
    again: bool
    """They were sent before, and that acknowledgement never came."""


class Reread(NamedTuple):
    """A time range of a source to be read again, both ends included: its chunk was damaged, or the API failed."""

    id: int
    oldest_us: int
    newest_us: int


class KeptDeadLetter(NamedTuple):
    """A dead letter as the store has it."""

    id: int
    at_us: int
    dead_letter: DeadLetter
    event: Chunk | None
    """What a sink refused, as a chunk of its own; `None`: it was refused before it became an event."""


class DeadLetterFilter(NamedTuple):
    """Which dead letters are meant: those of `ids`, or all; of these only what the other fields name."""

    ids: tuple[int, ...] = ()
    sink: str | None = None
    source: str | None = None
    reason: str | None = None
