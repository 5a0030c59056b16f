"""What every source is and yields: protocols, a page's new records, names, the base of sources of the Admin API."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from forwarder.anthropic import AdminApi, ClockReading
from forwarder.errors import Retry
from forwarder.records import AnyRecord, DeadLetter, Window
from forwarder.store import Checkpoint, Reread

ACCOUNT_LABEL = "account:"

StateEntries = Mapping[str, Mapping[str, bytes | None]]
"""Source → entry name → value; `None` deletes the entry."""


class NewRecord(NamedTuple):
    """A record not collected before, and the time it is stored under."""

    record: AnyRecord
    created_us: int
    digest: int | None
    """Its id in the id set; `None`: the source knows what it has read by its state entries."""


class Batch(NamedTuple):
    """The new part of one page. The last page of a window carries the checkpoint."""

    incoming: Sequence[NewRecord] = ()
    dead_letters: Sequence[DeadLetter] = ()
    checkpoint: Checkpoint | None = None
    reread_done: int | None = None
    unread: Sequence[Window] = ()
    """To be read again later: they could not be read to their end."""
    notice: str = ""
    """What a person should know of this step."""
    read: int = 0
    """Objects on the page, new or not."""
    late_us: Sequence[int] = ()
    """Delay of each record created before the watermark."""
    beyond_overlap: int = 0
    """How many of these only a reconciliation can find."""
    reconciled: bool = False
    """Set with the last page of a reconciliation."""
    state_entries: StateEntries = MappingProxyType({})
    """What is stored with this page beside the checkpoint."""


class KnownIds(Protocol):
    """Which records are already collected."""

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """Digests of known ids in a time range. The caller may add to the set."""


class SourceState(KnownIds, Protocol):
    """The store, as a source sees it."""

    @property
    def recovered(self) -> str | None:
        """Set when the store is new because its file was unreadable."""

    def checkpoint(self, source: str) -> Checkpoint | None:
        """How far `source` has been read."""

    def state_entries(self, source: str, first: str = ..., behind: str = ...) -> dict[str, bytes]:
        """The source's entries with names from `first` and before `behind`; all without."""

    def rereads(self, source: str) -> Sequence[Reread]:
        """Time ranges that must be read again."""


class Source(Protocol):
    """One source of records."""

    name: str
    labels: tuple[str, ...]
    """Labels of its events, such as the account."""
    poll: float
    """Seconds between two reads."""

    def read(self, state: SourceState) -> Iterator[Batch]:
        """Everything new up to the source's now, a batch per page, each committed before the next is requested."""

    def now_us(self) -> int:
        """The source's own time."""

    def skew(self) -> float:
        """The source's time minus local time, in seconds."""

    def answered(self) -> int:
        """Requests of `read` and `check` that were answered so far. May be called from another thread than `read`."""

    def problem(self) -> str:
        """How the last request with this key failed, also while it is tried again; empty when it was answered."""

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """Ids of records created before this are no longer needed."""

    def check(self) -> str:
        """Prove key, scope and freshness with one harmless request; returns what was found. Raises as `read`."""

    def close(self) -> None:
        """Close connections."""

    def credential_version(self) -> object:
        """Changes when the source's secret changes."""


@runtime_checkable
class BackfillSource(Protocol):
    """A source whose past can be read again at any time."""

    name: str
    labels: tuple[str, ...]

    def learn_now_us(self) -> int:
        """The source's own time, requested if not known yet. Raises as `Source.read`."""

    def now_us(self) -> int:
        """The source's own time."""

    def backfill_window(self, state: KnownIds, window: Window, everything: bool = False) -> Iterator[Batch]:
        """The rows of a window, a batch per page; known rows only with `everything`."""

    def close(self) -> None:
        """Close connections."""


class AdminSource:
    """The base of lists and reports of the Admin API: source `kind` of an account, read every `poll` seconds."""

    def __init__(self, account: str, kind: str, poll: float, api: AdminApi) -> None:
        self.name = source_name(account, kind)
        self.labels = account_labels(account)
        self.poll = poll
        self._api = api

    def now_us(self) -> int:
        """Anthropic's time."""
        return self._api.client.clock.now_us()

    def skew(self) -> float:
        """Anthropic's time minus local time, in seconds."""
        return self._api.client.clock.skew_seconds

    def answered(self) -> int:
        """See `Source.answered`."""
        return self._api.answered

    def problem(self) -> str:
        """See `Source.problem`."""
        return self._api.client.problem

    def _time(self) -> ClockReading:
        return self._api.client.clock.reading()

    def _assert_clocks_agree(self) -> None:
        """The end of a complete read. Raises `Retry` where nothing proves what time it is."""
        if problem := self._time().disagreement:
            raise Retry(f"{self.name}: {problem}", after=self.poll)

    def close(self) -> None:
        """See `Source.close`."""
        self._api.client.close()

    def credential_version(self) -> object:
        """Changes when the key's file changes."""
        return self._api.client.key.version()

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """See `Source.forget_before_us`: these sources have state entries and no ids."""
        return checkpoint.begin_us


def source_name(account: str, kind: str) -> str:
    """`api_keys`, or `emea.api_keys` of account `emea`. Used in the store, in metrics and in messages."""
    return f"{account}.{kind}" if account else kind


def account_labels(account: str) -> tuple[str, ...]:
    """The labels of an account's events; none for the first account."""
    return (f"{ACCOUNT_LABEL}{account}",) if account else ()


def account_of(name: str) -> str:
    """The account in a source's name; empty: the first one."""
    return name.rpartition(".")[0]


def kind_of(name: str) -> str:
    """The kind in a source's name."""
    return name.rpartition(".")[2]
