"""Dead letters put back beside a running service, never so many that its sink takes them for its own misconfiguration.

A sink that refuses more than `MAX_REFUSALS` events in a row stops, and with it the fresh events behind them. So of what
sinks refused, no more is put back than can be refused again without that, before it is known what became of it. The
row begins with none: since it refused these, the sink took others, if only the forwarder's own reports.
"""

import time
from collections.abc import Iterator, Sequence

from forwarder.pipeline.replay import Outcome, put_back, settled
from forwarder.sinks.base import MAX_REFUSALS
from forwarder.store.letter_box import LetterBox

PATIENCE = 10.0
"""Seconds without news of any event that was put back, after which the rest stays."""


def put_back_in_portions(box: LetterBox, numbers: Sequence[int], sinks: Sequence[str]) -> Iterator[Outcome]:
    """As `put_back`; what follows a portion that was not confirmed, or refused as a whole, stays a letter."""
    open_: list[Outcome] = []
    row = 0
    for position, number in enumerate(numbers):
        if len(open_) + row >= MAX_REFUSALS:
            open_ = _news(box, open_)
            yield from open_
            row = _in_a_row(open_, row)
            if why := _why_stop(open_, row):
                yield from (Outcome(rest, "stays", why) for rest in numbers[position:])
                return
            open_ = []
        for outcome in put_back(box, [number], sinks):
            if outcome.refused_by and outcome.fate == "put back":
                open_.append(outcome)
            else:
                yield outcome
    yield from open_


def _news(box: LetterBox, outcomes: list[Outcome]) -> list[Outcome]:
    """What became of them, as soon as it is known of all."""
    since = time.monotonic()
    while (waiting := _waiting(outcomes)) and time.monotonic() - since < PATIENCE:
        time.sleep(0.05)
        outcomes = [settled(box, outcome) for outcome in outcomes]
        if _waiting(outcomes) < waiting:
            since = time.monotonic()
    return outcomes


def _waiting(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.fate == "put back" for outcome in outcomes)


def _in_a_row(outcomes: Sequence[Outcome], before: int) -> int:
    """How many refusals may stand in a row at the sink after these, at the most."""
    refused = sum(outcome.fate == "refused again" for outcome in outcomes)
    return refused if any(outcome.fate == "delivered" for outcome in outcomes) else before + refused


def _why_stop(outcomes: Sequence[Outcome], row: int) -> str | None:
    if _waiting(outcomes):
        return "those before are not confirmed yet: try again when the service has sent them, or stop it and use --now"
    if row >= MAX_REFUSALS:
        return "those before were refused again: mend the destination first"
    return None
