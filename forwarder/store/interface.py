"""The store as the rest of the program sees it. An engine provides these three; `open.py` chooses the engine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from forwarder.errors import Reject
from forwarder.records import DeadLetter
from forwarder.store.chunk import Chunk
from forwarder.store.values import (
    AckTicket,
    BackfillProgress,
    Checkpoint,
    DeadLetterFilter,
    Delivery,
    KeptDeadLetter,
    Lease,
    PageCommit,
    PendingAck,
    Reread,
)


class Store(Protocol):
    """The store in the hands of its one owner. Safe from many threads.

    Methods that write raise `StoreUnavailable` (full, locked, unwritable, or damaged and set aside meanwhile) and
    `LeaseLost`; a fault of the program itself is `StoreFault`.
    """

    @property
    def instance(self) -> str:
        """Stable id of this store; a store that was set aside is followed by one with another id."""

    @property
    def lease(self) -> Lease:
        """As whom this process owns the store."""

    @property
    def recovered(self) -> str | None:
        """Where a damaged store was set aside since this process opened it."""

    @property
    def bytes_waiting(self) -> int:
        """Bytes of chunks that some sink has not confirmed."""

    def close(self) -> None:
        """Give the store back."""

    def assert_owned(self) -> None:
        """Renew the lease when it is due. Raises `LeaseLost` when another process took the store over."""

    def findings(self) -> Mapping[str, str]:
        """What a person must know, by subject: no room, a store set aside, chunks that cannot be read."""

    # Collecting

    def checkpoint(self, source: str) -> Checkpoint | None:
        """How far `source` has been read; `None` before its first window."""

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """Digests of the ids known in this time range of the source (and perhaps some beside it)."""

    def rereads(self, source: str) -> list[Reread]:
        """Time ranges to be read again because a chunk of theirs was damaged."""

    def state_entries(self, source: str, first: str = ..., behind: str = ...) -> dict[str, bytes]:
        """The state entries of `source` with names from `first` and before `behind`; all without."""

    def full(self) -> str | None:
        """Why collecting must pause: `store.max_bytes` or the disk; `None` when it need not."""

    def commit(self, page: PageCommit, at_us: int) -> Mapping[int, int]:
        """Take a page in one transaction: the chunks' ids, and the number of events in each."""

    def forget_ids(self, source: str, before_us: int) -> None:
        """Remove ids of records created before `before_us`: no window looks there any more."""

    # Sending

    def claim(self, sink: str, streams: Iterable[str]) -> Delivery | None:
        """The oldest chunk of one of `streams` that `sink` has not settled and nobody has claimed."""

    def release(self, delivery: Delivery) -> None:
        """Give a claim back; what is not settled can be claimed again."""

    def settle(
        self,
        delivery: Delivery,
        position: int,
        refusals: Sequence[DeadLetter],
        at_us: int,
        ack_ticket: AckTicket | None = None,
    ) -> Delivery:
        """Record that events before `position` are delivered or among `refusals`; the chunk goes with its last.

        With `ack_ticket` they are taken, and count as delivered only when that acknowledgement comes.
        """

    def pending_acks(self, sink: str) -> list[PendingAck]:
        """What waits for an acknowledgement of `sink`, oldest first."""

    def acknowledge(self, sink: str, row_ids: Sequence[int]) -> None:
        """These pending acknowledgements came: their events are delivered."""

    def send_again(self, row_ids: Sequence[int]) -> None:
        """These pending acknowledgements never came: their events are to be sent once more."""

    def give_up(self, sink: str, row_id: int, refusal: Reject, at_us: int) -> int:
        """This pending acknowledgement never came: its events become dead letters of `sink`, in one transaction.

        How many; 0 where it is gone, or the chunk cannot be read: then it stays as it is.
        """

    # Reporting

    def count_dead_letters(self) -> dict[tuple[str, str, str], int]:
        """Dead letters by source, who refused and reason."""

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Every dead letter, oldest first."""

    def drop_dead_letters(self, before_us: int) -> int:
        """Remove dead letters older than `before_us` (`store.dead_letters_keep`); how many there were."""

    def backlog(self) -> dict[str, int]:
        """Events that wait, by sink."""


class Inbox(Protocol):
    """A second writer beside the owner, who may run in another process and delivers what is put here.

    Safe from many threads. Checkpoints never move, and half of the room (`store.max_bytes`) is left to the owner.
    """

    @property
    def instance(self) -> str:
        """See `Store.instance`."""

    def close(self) -> None:
        """Give the store back."""

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `Store.known`."""

    def full(self) -> str | None:
        """Why there is no room for more; `None` when there is."""

    def commit(self, page: PageCommit, at_us: int) -> Mapping[int, int]:
        """See `Store.commit`."""

    def progress(self, name: str) -> BackfillProgress | None:
        """How far the backfill `name` came before; `None` when it has not begun, or is finished."""

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""

    def refused(self, source: str) -> int:
        """Dead letters of `source`."""


class DeadLetters(Protocol):
    """The dead letters of a store, also while its owner runs in another process.

    A dead letter leaves and its chunk arrives in one transaction. Raises `StoreUnavailable` when the owner leaves no
    room for one.
    """

    @property
    def instance(self) -> str:
        """See `Store.instance`."""

    def close(self) -> None:
        """Give the store back."""

    def verify(self) -> None:
        """Raises `Misconfigured` when the store is damaged."""

    def chosen(self, choice: DeadLetterFilter) -> list[int]:
        """The ids of the dead letters that are meant, oldest first. Raises `Misconfigured` for an unknown id."""

    def read(self, numbers: Iterable[int]) -> Iterator[KeptDeadLetter]:
        """These dead letters, without those that are gone meanwhile."""

    def refusal(self, refused_by: str, event: Chunk) -> str | None:
        """Why the event in a chunk of its own is a dead letter of `refused_by`; `None` when it is not."""

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""

    def requeue(self, number: int, event: Chunk, sinks: Sequence[str], *, unless_known: bool = False) -> int | None:
        """Replace a dead letter by a chunk for `sinks`: its id.

        `None`: the dead letter is gone meanwhile, or goes without a chunk because its record is known (`unless_known`).
        """

    def restate(self, number: int, dead_letter: DeadLetter) -> None:
        """The same thing is still refused, now as `dead_letter` says."""

    def drop(self, number: int) -> bool:
        """Remove a dead letter for good; whether it was still there."""
