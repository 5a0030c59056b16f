"""The way of one event.

    source ──records──▶ ocsf ──events──▶ chunks + checkpoint ──▶ store ──chunk──▶ sink
             collect: one transaction a page                            send: settled as the sink confirms

One direction, no way back: a source never knows a sink, and `ocsf` knows neither.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from forwarder.errors import StoreUnavailable
from forwarder.ocsf import normalize
from forwarder.records import DeadLetter, Event, Receipt, Record, dead_letter_body
from forwarder.sinks import Settled, Sink
from forwarder.sources import Batch, Source
from forwarder.store import Delivery, Packed, PageCommit, Store, pack


class Collected(NamedTuple):
    """A page that is now in the store."""

    batch: Batch
    events: list[Event]


def collect(source: Source, store: Store) -> Iterator[Collected]:
    """Read everything new, page by page; each is in the store when it is yielded. Raises as source and store do.

    Where the store is replaced meanwhile, the rest of the read is not taken: its checkpoint was the other store's.
    """
    instance = store.instance
    for batch in source.read(store):
        now_us = source.now_us()
        page, events = page_of(source.name, batch, Receipt(now_us // 1000, instance, source.labels))
        store.commit(page._replace(store=instance), now_us)
        yield Collected(batch._replace(dead_letters=page.dead_letters), events)


def page_of(source: str, batch: Batch, receipt: Receipt) -> tuple[PageCommit, list[Event]]:
    """What a batch of `source` becomes: chunks of events, and dead letters for what could not become one."""
    packed, dead_letters = _normalized(batch, receipt)
    dead_letters = [dead_letter._replace(source=source) for dead_letter in (*batch.dead_letters, *dead_letters)]
    page = PageCommit(
        source,
        tuple(pack(source, packed)),
        dead_letters,
        batch.checkpoint,
        batch.reread_done,
        batch.unread,
        batch.state_entries,
    )
    return page, [p.event for p in packed]


def _normalized(batch: Batch, receipt: Receipt) -> tuple[list[Packed], list[DeadLetter]]:
    packed, dead_letters = [], []
    for incoming in batch.incoming:
        record = incoming.record
        try:
            packed.append(Packed(normalize(record, receipt), incoming.created_us, incoming.digest))
        except Exception as fault:  # A fault of ours costs this record only; its id stays unknown, so a fix finds it.
            why = (type(fault).__name__, str(fault))
            uid = record.uid if isinstance(record, Record) else None
            dead_letters.append(DeadLetter(record.source, "normalizer", *why, uid, dead_letter_body(record.fields)))
    return packed, dead_letters


class Confirmed(NamedTuple):
    """Events that a sink has confirmed, or refused by name, and the store has recorded."""

    events: int
    dead_letters: tuple[DeadLetter, ...]
    sent_bytes: int


def send(
    sink: Sink, store: Store, delivery: Delivery, at_us: int, hold: Callable[[StoreUnavailable], bool]
) -> Iterator[Confirmed]:
    """Deliver the rest of a chunk; each step is recorded in the store when it is yielded. Raises as the sink does.

    Only the owner of the store sends: `LeaseLost` ends it before the sink gets anything, and at each recording. A
    confirmation that cannot be recorded is held while `hold` says so, so that nothing is sent again meanwhile.
    """
    store.assert_owned()
    for settled in sink.deliver(delivery):
        before = delivery.position
        delivery = _recorded(store, delivery, settled, at_us, hold)
        delivered = 0 if settled.ack_ticket else settled.position - before - len(settled.dead_letters)
        yield Confirmed(delivered, tuple(settled.dead_letters), settled.sent_bytes)


def _recorded(
    store: Store, delivery: Delivery, settled: Settled, at_us: int, hold: Callable[[StoreUnavailable], bool]
) -> Delivery:
    while True:
        try:
            return store.settle(delivery, settled.position, settled.dead_letters, at_us, settled.ack_ticket)
        except StoreUnavailable as error:
            if not hold(error):
                raise
