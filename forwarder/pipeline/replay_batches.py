"""Dead letters requeued beside a running service, in batches that no sink takes for its own misconfiguration.

A sink that refuses more than `MAX_REFUSALS` events in a row stops, and with it the new events behind them. So a batch
holds no more of what sinks refused than can be refused again without that; the next batch follows when it is known what
became of the one before. The row begins with none: since a sink refused these, it took others, if only the forwarder's
own health events.
"""

import time
from collections.abc import Iterator, Sequence

from forwarder.pipeline.replay import Outcome, requeue, updated
from forwarder.sinks.base import MAX_REFUSALS
from forwarder.store import DeadLetters

WITHOUT_NEWS = 10.0
"""Seconds without news of any requeued event, after which the rest is not requeued."""


def requeue_in_batches(store: DeadLetters, numbers: Sequence[int], sinks: Sequence[str]) -> Iterator[Outcome]:
    """As `requeue`; what follows a batch that was not confirmed, or was refused as a whole, stays a dead letter."""
    open_: list[Outcome] = []
    row = 0
    for position, number in enumerate(numbers):
        if len(open_) + row >= MAX_REFUSALS:
            open_ = _news(store, open_)
            yield from open_
            row = _in_a_row(open_, row)
            if why := _why_stop(open_, row):
                yield from (Outcome(rest, "not requeued", why) for rest in numbers[position:])
                return
            open_ = []
        for outcome in requeue(store, [number], sinks):
            if outcome.refused_by and outcome.fate == "requeued":
                open_.append(outcome)
            else:
                yield outcome
    yield from open_


def _news(store: DeadLetters, outcomes: list[Outcome]) -> list[Outcome]:
    """What became of them, as soon as it is known of all."""
    since = time.monotonic()
    while (waiting := _waiting(outcomes)) and time.monotonic() - since < WITHOUT_NEWS:
        time.sleep(0.05)
        outcomes = [updated(store, outcome) for outcome in outcomes]
        if _waiting(outcomes) < waiting:
            since = time.monotonic()
    return outcomes


def _waiting(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.fate == "requeued" for outcome in outcomes)


def _in_a_row(outcomes: Sequence[Outcome], before: int) -> int:
    """How many refusals may stand in a row at the sink after these, at the most."""
    refused = sum(outcome.fate == "refused again" for outcome in outcomes)
    return refused if any(outcome.fate == "delivered" for outcome in outcomes) else before + refused


def _why_stop(outcomes: Sequence[Outcome], row: int) -> str | None:
    if _waiting(outcomes):
        return "those before are not confirmed yet: try again when the service has sent them, or stop it and use --now"
    if row >= MAX_REFUSALS:
        return "those before were refused again: fix the destination first"
    return None
