"""Dead letters sent at once, without a service: this process owns the store until the destinations have confirmed.

The sinks that wait for one of them are served as the service serves them: oldest first, so what waited before goes too.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager

from forwarder.pipeline.delivery_workers import DeliveryWorkers
from forwarder.pipeline.progress import StallDetector
from forwarder.pipeline.replay import Outcome, put_back, settled
from forwarder.settings import Settings
from forwarder.sinks import build_sink
from forwarder.sinks.base import MAX_REFUSALS
from forwarder.status import Conditions, Metrics
from forwarder.store import SqliteStore, StoreLock
from forwarder.store.dead_letters import Choice
from forwarder.store.letter_box import LetterBox
from forwarder.store.lock import StoreInUse

AT_ONCE = MAX_REFUSALS
"""Letters replayed by one set of sinks: so few that a sink refusing each of them again does not look wrong itself."""


def send_now(settings: Settings, choice: Choice, stop: threading.Event) -> Iterator[Outcome]:
    """Replay the letters of `choice` and send them until confirmed, `stop`, or until nothing gets on.

    Raises `Misconfigured` when a service owns the store, and for an id that is no letter. What follows a letter that
    could not be sent stays a letter.
    """
    sinks = list(settings.enabled_sinks())
    with _owned(settings), closing(LetterBox(settings.store.path)) as box:
        box.prove()
        numbers = box.chosen(choice)
        with closing(SqliteStore(settings.store.path, sinks, settings.store.max_bytes)) as store:
            while numbers:
                batch, numbers = numbers[:AT_ONCE], numbers[AT_ONCE:]
                ended = _send(settings, store, box, list(put_back(box, batch, sinks)), stop)
                yield from ended
                if any(outcome.fate == "waits" for outcome in ended):
                    yield from (Outcome(number, "stays", "not tried, because others wait") for number in numbers)
                    return


def _send(
    settings: Settings, store: SqliteStore, box: LetterBox, outcomes: list[Outcome], stop: threading.Event
) -> list[Outcome]:
    names = {sink for outcome in outcomes for sink in outcome.sinks}
    sinks = [build_sink(name, sink) for name, sink in settings.enabled_sinks().items() if name in names]
    conditions = Conditions()
    lanes = DeliveryWorkers(sinks, store, conditions, Metrics())
    with lanes.running():
        _wait(box, lanes, outcomes, stop)
    return [_ended(box, outcome, conditions) for outcome in outcomes]


@contextmanager
def _owned(settings: Settings) -> Iterator[None]:
    try:
        lock = StoreLock(settings.store.path)
    except StoreInUse as error:
        raise StoreInUse(f"{error}, or leave out --now: the running service sends what is put back") from None
    try:
        yield
    finally:
        lock.release()


def _wait(box: LetterBox, lanes: DeliveryWorkers, outcomes: Iterable[Outcome], stop: threading.Event) -> None:
    waiting = {outcome.chunk_id for outcome in outcomes if outcome.chunk_id}
    patience = StallDetector()
    while (waiting := box.waiting(waiting)) and not stop.wait(0.05):
        if patience.ends(lanes.progress()):
            return


def _ended(box: LetterBox, outcome: Outcome, conditions: Conditions) -> Outcome:
    ended = settled(box, outcome)
    if ended.fate != "put back":
        return ended
    return ended._replace(fate="waits", detail=f"{_why_not(conditions, outcome.sinks)}; it is kept in the store")


def _why_not(conditions: Conditions, sinks: Collection[str]) -> str:
    red = conditions.red()
    told = [red[subject] for subject in red if any(f"{subject}.".startswith(f"sinks.{sink}.") for sink in sinks)]
    return "; ".join(told) or "not confirmed"
