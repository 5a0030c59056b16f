"""Stories sent through the sink's own code: its envelopes, bodies, answers. Only index and `source` are others.

Invariant: the events of a story and stream have a `source` that nothing else has, so a search can read exactly them.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import NamedTuple

from forwarder.config import SplunkSettings
from forwarder.errors import Misconfigured, Retry
from forwarder.http_client import backoff
from forwarder.records import STREAMS, Event, Stream
from forwarder.siem.stories import Story
from forwarder.sinks.splunk_hec import SplunkSink, source_of
from forwarder.store import Delivery, pack
from forwarder.store.chunk import Packed

PATIENCE = 60.0
"""Seconds for which a HEC that is busy is asked again, a story and stream."""


class Marked(NamedTuple):
    """A story of a rule in one run."""

    run: str
    rule: str
    story: Story

    def origin(self, stream: Stream) -> str:
        """The source, as the sink knows sources: without dots, of which only the last part would count."""
        return "/".join(("verify", self.run, self.rule, self.story.name, stream)).replace(".", "/")

    def source(self, stream: Stream) -> str:
        """The `source` of its events in Splunk."""
        return source_of(self.origin(stream))


def pattern(run: str) -> str:
    """What every `source` of a run looks like."""
    return source_of(f"verify/{run}/*")


def send(
    sink: str, settings: SplunkSettings, index: str, stories: Iterable[Marked], told: Callable[[int], None]
) -> dict[str, int]:
    """Send the events into `index`; the number sent by `source`. `told` hears how many stories are sent.

    Raises `Misconfigured` when HEC refuses the token, the index or an event, `Retry` when it does not take them.
    """
    elsewhere = settings.model_copy(update={"indexes": dict.fromkeys(STREAMS, index), "ack": "off"})
    sent: dict[str, int] = {}
    with closing(SplunkSink(sink, elsewhere)) as hec:
        for number, marked in enumerate(stories, start=1):
            for stream, events in marked.story.streams.items():
                _deliver(hec, marked.origin(stream), events)
                sent[marked.source(stream)] = len(events)
            told(number)
    return sent


def _deliver(hec: SplunkSink, origin: str, events: Iterable[Event]) -> None:
    for chunk in pack(origin, [Packed(event, 0, None) for event in events]):
        position, failures, until = 0, 0, time.monotonic() + PATIENCE
        while position < chunk.events:
            try:
                for settled in hec.deliver(Delivery(hec.name, 0, position, 0, chunk)):
                    position = settled.position
                    for letter in settled.letters:
                        raise Misconfigured(f"{origin}: HEC refuses an event ({letter.reason}: {letter.detail})")
            except Retry:
                if time.monotonic() > until:
                    raise
                failures += 1
                time.sleep(backoff(0.25, failures))
