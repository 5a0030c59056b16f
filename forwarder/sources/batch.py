"""What a source yields — a page's new records — and what it needs to remember."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from forwarder.records import AnyRecord, DeadLetter, Record, Window
from forwarder.store import Checkpoint, Reread


class NewRecord(NamedTuple):
    """A record not seen before, with the time and id by which the id set knows it."""

    record: Record
    created_us: int
    digest: int


class StatefulRecord(NamedTuple):
    """What a source gives that knows by its notes what it has read, with the time it belongs to."""

    record: AnyRecord
    created_us: int
    digest: None = None


class Batch(NamedTuple):
    """The new part of one page. With the last page of a window comes the mark it moves."""

    incoming: Sequence[NewRecord | StatefulRecord] = ()
    dead_letters: Sequence[DeadLetter] = ()
    checkpoint: Checkpoint | None = None
    reread_done: int | None = None
    read: int = 0
    """Objects on the page, new or not."""
    late_us: Sequence[int] = ()
    """How late each record behind the watermark came."""
    beyond_overlap: int = 0
    """How many of these only a reconciliation could find."""
    reconciled: bool = False
    """With the last page of a reconciliation."""
    state_entries: Mapping[str, Mapping[str, bytes | None]] = MappingProxyType({})
    """What sources (by name) note with this page; `None` forgets."""


class KnownIds(Protocol):
    """Which rows are known."""

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """Digests of known ids in a stretch of time. The caller may add to the set."""


class SourceState(KnownIds, Protocol):
    """The store, as a source sees it."""

    @property
    def recovered(self) -> str | None:
        """Set when the store is new because its file was unreadable."""

    def checkpoint(self, source: str) -> Checkpoint | None:
        """How far `source` has been read."""

    def state_entries(self, source: str, first: str = ..., behind: str = ...) -> dict[str, bytes]:
        """What a source has noted under names from `first` and before `behind`; all without."""

    def rereads(self, source: str) -> Sequence[Reread]:
        """Stretches that must be read again."""


class Source(Protocol):
    """One source of records."""

    name: str
    labels: tuple[str, ...]
    """What its events are labelled with, such as its account."""
    poll: float
    """Seconds between two reads."""

    def read(self, state: SourceState) -> Iterator[Batch]:
        """Everything new up to the source's now, a batch a page. A batch is committed before the next is asked for."""

    def now_us(self) -> int:
        """The source's own time."""

    def skew(self) -> float:
        """The source's time minus local time, in seconds."""

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """Ids of records created before this are never asked for again."""

    def check(self) -> str:
        """Prove key, scope and freshness with one harmless call; the answer says what was found. Raises as `read`."""

    def close(self) -> None:
        """Give connections back."""

    def credential_version(self) -> object:
        """Changes when the source's secret changes."""


@runtime_checkable
class BackfillSource(Protocol):
    """A source whose past can be read again at any time."""

    name: str
    labels: tuple[str, ...]

    def learn_now_us(self) -> int:
        """The source's own time, asked for where it is not known yet. Raises as `Source.read`."""

    def now_us(self) -> int:
        """The source's own time."""

    def backfill_window(self, state: KnownIds, window: Window, everything: bool = False) -> Iterator[Batch]:
        """The rows of a window, a batch a page; rows that are known only if `everything` is wanted."""

    def close(self) -> None:
        """Give connections back."""
