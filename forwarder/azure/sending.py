"""Stories sent through the sink's own code and credential, into the tables of every day: its rows, bodies, answers.

Invariants: an event differs by one label alone, a word that no other story of any run has; the stories are packed
together, as pages are. Azure gives the rows the time of their arrival, and they say `EventTime` of April 2026: a rule
that looks back 14 days never sees them.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

import orjson

from forwarder.records import DeadLetter, Event
from forwarder.siem.delivery import deliver
from forwarder.siem.stories import Story
from forwarder.sinks.sentinel import SentinelSettings, SentinelSink
from forwarder.store import Packed, pack


class Marked(NamedTuple):
    """A story of a rule in one run."""

    run: str
    """Letters and digits only."""
    number: int
    rule: str
    story: Story

    @property
    def mark(self) -> str:
        """One term to KQL's `has`: letters and digits only, and nothing before it but punctuation."""
        return mark(self.run, self.number)


def mark(run: str, number: int) -> str:
    """The word for a story of a run, by its number."""
    return f"{run}{number:05d}"


def send(
    sink: str, settings: SentinelSettings, stories: Sequence[Marked], told: Callable[[int], None]
) -> dict[str, int]:
    """Send the stories' events; the number sent by mark. `told` hears how many events are sent.

    Raises as `siem.delivery.deliver`.
    """
    by_mark = {marked.mark: marked for marked in stories}

    def whose(letter: DeadLetter) -> str:
        story = by_mark[orjson.loads(letter.body)["metadata"]["labels"][-1]]
        return f"{story.rule} {story.story.name}: the ingestion endpoint"

    packed = (Packed(_labelled(event, one.mark), 0, None) for one in stories for event in one.story.events)
    sent = 0
    with closing(SentinelSink(sink, settings)) as api:
        for chunk in pack("verify", packed):
            deliver(api, chunk, whose)
            sent += chunk.events
            told(sent)
    return {name: len(marked.story.events) for name, marked in by_mark.items()}


def _labelled(event: Event, name: str) -> Event:
    told = orjson.loads(event.body)
    told["metadata"]["labels"] = [*(told["metadata"].get("labels") or ()), name]
    return event._replace(body=orjson.dumps(told))
