"""The way of a dead letter back into the store.

    refused by a sink ──────────────────▶ the event as it was ──▶ a chunk that waits for that sink alone
    refused before ──admission, ocsf──▶ an event ─────────────▶ a chunk for all sinks, or a letter with its new reason

Each letter goes by itself: it leaves and its chunk arrives in one transaction, so a kill loses and doubles nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from forwarder.anthropic import parse_page
from forwarder.errors import Reject, Retry
from forwarder.ocsf import normalise
from forwarder.pipeline.clock import local_us
from forwarder.records import DeadLetter, Receipt, Record
from forwarder.sources import NewRecord
from forwarder.sources.activities import ACTIVITIES, admit
from forwarder.sources.base import account_labels, account_of, kind_of
from forwarder.store import Chunk, pack
from forwarder.store.chunk import Packed
from forwarder.store.dead_letters import Kept
from forwarder.store.letter_box import LetterBox

ADMISSIONS: Mapping[str, Callable[[Any], NewRecord]] = MappingProxyType({ACTIVITIES: admit})
"""Source → what decides whether an object of it is a record."""

Fate = Literal["put back", "already delivered", "still refused", "stays", "delivered", "refused again", "waits"]


class Outcome(NamedTuple):
    """What became of one letter."""

    id: int
    fate: Fate
    detail: str = ""
    chunk_id: int | None = None
    event: Chunk | None = None
    sinks: tuple[str, ...] = ()
    """For whom the chunk waits."""
    refused_by: str | None = None
    """The sink that refused it before."""

    @property
    def well(self) -> bool:
        """Whether nothing of it remains to be done here."""
        return self.fate in ("put back", "already delivered", "delivered")


def put_back(box: LetterBox, numbers: Iterable[int], sinks: Sequence[str]) -> Iterator[Outcome]:
    """Replay these letters into a store that serves `sinks`. A letter that is gone meanwhile has no outcome."""
    for kept in box.read(numbers):
        outcome = _event_again(box, kept, kept.event, sinks) if kept.event else _record_again(box, kept, sinks)
        if outcome:
            yield outcome


def settled(box: LetterBox, outcome: Outcome) -> Outcome:
    """What has become of it since: delivered, refused again, or no news."""
    if outcome.event is None or outcome.chunk_id is None or box.waiting([outcome.chunk_id]):
        return outcome
    refusals = {sink: box.refusal(sink, outcome.event) for sink in outcome.sinks}
    if told := [f"{sink}: {why}" for sink, why in refusals.items() if why]:
        return outcome._replace(fate="refused again", detail="; ".join(told))
    return outcome._replace(fate="delivered", detail=f"to {', '.join(outcome.sinks)}")


def _event_again(box: LetterBox, kept: Kept, event: Chunk, sinks: Sequence[str]) -> Outcome | None:
    sink = kept.letter.refused_by
    if sink not in sinks:
        return Outcome(kept.id, "stays", f"sinks.{sink} is removed or disabled: nobody would send it")
    chunk_id = box.send_again(kept.id, event, sink)
    return Outcome(kept.id, "put back", f"for {sink}", chunk_id, event, (sink,), sink) if chunk_id else None


def _record_again(box: LetterBox, kept: Kept, sinks: Sequence[str]) -> Outcome | None:
    admission = ADMISSIONS.get(kind_of(kept.letter.source))
    if admission is None:
        return Outcome(kept.id, "stays", f"what source {kept.letter.source} refused cannot be admitted from its bytes")
    receipt = Receipt(local_us() // 1000, box.instance, account_labels(account_of(kept.letter.source)))
    made = _event_of(kept.letter, admission, receipt)
    if isinstance(made, DeadLetter):
        box.restate(kept.id, made)
        return Outcome(kept.id, "still refused", f"{made.reason}: {made.detail}")
    chunk_id = box.admit(kept.id, made, sinks)
    if chunk_id is None:
        return Outcome(kept.id, "already delivered", "its record was read again since")
    return Outcome(kept.id, "put back", f"for {', '.join(sinks)}", chunk_id, made, tuple(sinks))


def _event_of(letter: DeadLetter, admission: Callable[[Any], NewRecord], receipt: Receipt) -> Chunk | DeadLetter:
    """The letter's object as a chunk of its own, or the letter with the reason for which it is refused now."""
    try:
        incoming = admission(_object(letter.body))
    except Reject as refusal:
        return letter._replace(refused_by="source", reason=refusal.reason, detail=str(refusal))
    try:
        event = normalise(incoming.record, receipt)
    except Exception as fault:  # As when it is read: a fault of ours is a letter, and ends nothing.
        uid = incoming.record.uid if isinstance(incoming.record, Record) else None
        return letter._replace(refused_by="normaliser", reason=type(fault).__name__, detail=str(fault), uid=uid)
    return next(pack(letter.source, [Packed(event, incoming.created_us, incoming.digest)]))


def _object(body: bytes) -> Any:
    """The object as a page would give it. Raises `Reject` for bytes that no page can hold."""
    try:
        return parse_page(b'{"data":[%s]}' % body).items[0]
    except Retry as error:
        raise Reject("not-json", str(error)) from None
