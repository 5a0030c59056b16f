"""What the store takes and gives: marks, page commits, deliveries, stretches to read again. Times in microseconds."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from forwarder.records import DeadLetter
from forwarder.store.chunk import Chunk


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


class PageCommit(NamedTuple):
    """What one page adds to the store, all or nothing."""

    source: str
    chunks: Sequence[Chunk] = ()
    dead_letters: Sequence[DeadLetter] = ()
    checkpoint: Checkpoint | None = None
    reread_done: int | None = None
    """A window that was to be read again and now is."""
    state_entries: Mapping[str, Mapping[str, bytes | None]] = MappingProxyType({})
    """What sources (by name) note with it; `None` forgets."""


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
    """What was handed over before and never acknowledged."""

    @property
    def end(self) -> int:
        """Position behind the last event that is to be sent."""
        return self.chunk.events if self.stop is None else self.stop


class AckTicket(NamedTuple):
    """A destination's promise to acknowledge a body: the number it gave, which counts within the channel."""

    channel: str
    ack: int


class PendingAck(NamedTuple):
    """Events that wait for an acknowledgement."""

    id: int
    channel: str
    ack: int
    events: int
    again: bool
    """They were sent before, and that acknowledgement never came."""


class Reread(NamedTuple):
    """A stretch of a source's time to be read again."""

    id: int
    oldest_us: int
    newest_us: int
