"""The way of a dead letter back into the store.

    refused by a sink ──────────────────▶ the event as it was ──▶ a chunk for that sink alone
    refused before ──admission, ocsf──▶ an event ─────────────▶ a chunk for all sinks, or a new reason

The dead letter leaves and its chunk arrives in one transaction, so a kill loses and doubles nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from forwarder.anthropic import local_us, parse_page
from forwarder.errors import Reject, Retry
from forwarder.ocsf import normalize
from forwarder.records import DeadLetter, Receipt, Record
from forwarder.sinks.base import UNACKNOWLEDGED
from forwarder.sources import NewRecord
from forwarder.sources.activities import ACTIVITIES, admit
from forwarder.sources.base import account_labels, account_of, kind_of
from forwarder.store import Chunk, DeadLetters, KeptDeadLetter, Packed, pack

ADMISSIONS: Mapping[str, Callable[[Any], NewRecord]] = MappingProxyType({ACTIVITIES: admit})
"""Source → what decides whether an object of it is a record."""

Fate = Literal[
    "requeued", "already delivered", "still refused", "not requeued", "delivered", "refused again", "not delivered yet"
]


class Outcome(NamedTuple):
    """What became of one dead letter."""

    id: int
    fate: Fate
    detail: str = ""
    chunk_id: int | None = None
    event: Chunk | None = None
    sinks: tuple[str, ...] = ()
    """To which the chunk is to be sent."""
    refused_by: str | None = None
    """The sink that refused it before; what it took and did not acknowledge, it did not refuse."""

    @property
    def ok(self) -> bool:
        """Whether nothing of it remains to be done here."""
        return self.fate in ("requeued", "already delivered", "delivered")


def requeue(store: DeadLetters, numbers: Iterable[int], sinks: Sequence[str]) -> Iterator[Outcome]:
    """Replay these dead letters into a store that serves `sinks`. One that is gone meanwhile has no outcome."""
    for kept in store.read(numbers):
        outcome = _requeue_event(store, kept, kept.event, sinks) if kept.event else _requeue_record(store, kept, sinks)
        if outcome:
            yield outcome


def updated(store: DeadLetters, outcome: Outcome) -> Outcome:
    """What has become of it since: delivered, refused again, or nothing yet."""
    if outcome.event is None or outcome.chunk_id is None or store.waiting([outcome.chunk_id]):
        return outcome
    refusals = {sink: store.refusal(sink, outcome.event) for sink in outcome.sinks}
    if reasons := [f"{sink}: {why}" for sink, why in refusals.items() if why]:
        return outcome._replace(fate="refused again", detail="; ".join(reasons))
    return outcome._replace(fate="delivered", detail=f"to {', '.join(outcome.sinks)}")


def _requeue_event(store: DeadLetters, kept: KeptDeadLetter, event: Chunk, sinks: Sequence[str]) -> Outcome | None:
    sink = kept.dead_letter.refused_by
    if sink not in sinks:
        return Outcome(kept.id, "not requeued", f"sinks.{sink} is removed or disabled: nothing would send it")
    chunk_id = store.requeue(kept.id, event, [sink])
    refused_by = None if kept.dead_letter.reason == UNACKNOWLEDGED else sink
    return Outcome(kept.id, "requeued", f"for {sink}", chunk_id, event, (sink,), refused_by) if chunk_id else None


def _requeue_record(store: DeadLetters, kept: KeptDeadLetter, sinks: Sequence[str]) -> Outcome | None:
    source = kept.dead_letter.source
    admission = ADMISSIONS.get(kind_of(source))
    if admission is None:
        return Outcome(kept.id, "not requeued", f"what source {source} refused cannot be admitted from its bytes")
    receipt = Receipt(local_us() // 1000, store.instance, account_labels(account_of(source)))
    made = _event_of(kept.dead_letter, admission, receipt)
    if isinstance(made, DeadLetter):
        store.restate(kept.id, made)
        return Outcome(kept.id, "still refused", f"{made.reason}: {made.detail}")
    chunk_id = store.requeue(kept.id, made, sinks, unless_known=True)
    if chunk_id is None:
        return Outcome(kept.id, "already delivered", "its record was read again since")
    return Outcome(kept.id, "requeued", f"for {', '.join(sinks)}", chunk_id, made, tuple(sinks))


def _event_of(dead_letter: DeadLetter, admission: Callable[[Any], NewRecord], receipt: Receipt) -> Chunk | DeadLetter:
    """The refused object as a chunk of its own, or the dead letter with the reason for which it is refused now."""
    try:
        incoming = admission(_object(dead_letter.body))
    except Reject as refusal:
        return dead_letter._replace(refused_by="source", reason=refusal.reason, detail=str(refusal))
    try:
        event = normalize(incoming.record, receipt)
    except Exception as fault:  # As when it is read: a fault of ours is a dead letter, and ends nothing.
        uid = incoming.record.uid if isinstance(incoming.record, Record) else None
        return dead_letter._replace(refused_by="normalizer", reason=type(fault).__name__, detail=str(fault), uid=uid)
    return next(pack(dead_letter.source, [Packed(event, incoming.created_us, incoming.digest)]))


def _object(body: bytes) -> Any:
    """The object as a page would give it. Raises `Reject` for bytes that no page can hold."""
    try:
        return parse_page(b'{"data":[%s]}' % body).items[0]
    except Retry as error:
        raise Reject("not-json", str(error)) from None
