"""Dead letters sent at once, without a service: this process owns the store until the destinations have confirmed.

The sinks to which one of them goes are served as the service serves them: oldest first, so what waited before goes too.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing

from forwarder.errors import Misconfigured
from forwarder.pipeline.delivery_workers import DeliveryWorkers, StallDetector
from forwarder.pipeline.replay import Outcome, requeue, updated
from forwarder.settings import Settings
from forwarder.sinks import build_sink
from forwarder.sinks.base import MAX_REFUSALS, UNACKNOWLEDGED
from forwarder.status import Conditions, Metrics
from forwarder.store import (
    DeadLetterFilter,
    DeadLetters,
    LeaseLost,
    Store,
    StoreInUse,
    open_dead_letters,
    open_store,
)

AT_ONCE = MAX_REFUSALS
"""Dead letters replayed by one set of sinks: so few that a sink refusing each again does not look misconfigured."""
MOST_AT_ONCE = 1000
"""The same with those that a sink took and did not acknowledge: it refuses none of them."""


def send_now(settings: Settings, choice: DeadLetterFilter, stop: threading.Event) -> Iterator[Outcome]:
    """Replay the dead letters of `choice` and send them until confirmed, `stop`, or until nothing gets on.

    Raises `Misconfigured` when a service owns the store, and for an unknown id. What follows a dead letter that could
    not be sent stays one.
    """
    sinks = list(settings.enabled_sinks())
    with closing(open_dead_letters(settings.store.url)) as beside:
        beside.verify()
        numbers = beside.chosen(choice)
        with closing(_owned(settings, sinks)) as store:
            while numbers:
                batch = _first_batch(beside, numbers)
                numbers = numbers[len(batch) :]
                ended = _send(settings, store, beside, list(requeue(beside, batch, sinks)), stop)
                yield from ended
                if any(outcome.fate == "not delivered yet" for outcome in ended):
                    yield from (Outcome(rest, "not requeued", "not tried, because others wait") for rest in numbers)
                    return


def _first_batch(beside: DeadLetters, numbers: list[int]) -> list[int]:
    refused = 0
    for position, number in enumerate(numbers[:MOST_AT_ONCE]):
        refused += any(kept.dead_letter.reason != UNACKNOWLEDGED for kept in beside.read([number]))
        if refused > AT_ONCE:
            return numbers[:position]
    return numbers[:MOST_AT_ONCE]


def _owned(settings: Settings, sinks: list[str]) -> Store:
    try:
        return open_store(settings.store.url, sinks, settings.store.max_bytes)
    except StoreInUse as error:
        raise StoreInUse(f"{error}, or leave out --now: the running service sends what is requeued") from None


def _send(
    settings: Settings, store: Store, beside: DeadLetters, outcomes: list[Outcome], stop: threading.Event
) -> list[Outcome]:
    names = {sink for outcome in outcomes for sink in outcome.sinks}
    sinks = [build_sink(name, sink) for name, sink in settings.enabled_sinks().items() if name in names]
    conditions = Conditions()
    workers = DeliveryWorkers(sinks, store, conditions, Metrics())
    with workers.running():
        _wait(store, beside, workers, outcomes, stop)
    return [_ended(beside, outcome, conditions) for outcome in outcomes]


def _wait(
    store: Store, beside: DeadLetters, workers: DeliveryWorkers, outcomes: Iterable[Outcome], stop: threading.Event
) -> None:
    waiting = {outcome.chunk_id for outcome in outcomes if outcome.chunk_id}
    stalled = StallDetector()
    while (waiting := beside.waiting(waiting)) and not stop.wait(0.05):
        try:
            store.assert_owned()
        except LeaseLost as error:
            raise Misconfigured(str(error)) from None
        if stalled.stalled(workers.progress()):
            return


def _ended(beside: DeadLetters, outcome: Outcome, conditions: Conditions) -> Outcome:
    ended = updated(beside, outcome)
    if ended.fate != "requeued":
        return ended
    why = _why_not(conditions, outcome.sinks)
    return ended._replace(fate="not delivered yet", detail=f"{why}; it is kept in the store")


def _why_not(conditions: Conditions, sinks: Collection[str]) -> str:
    red = conditions.red()
    reasons = [red[subject] for subject in red if any(f"{subject}.".startswith(f"sinks.{sink}.") for sink in sinks)]
    return "; ".join(reasons) or "not confirmed"
