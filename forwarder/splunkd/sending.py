"""Stories sent through the sink's own code: its envelopes, bodies, answers. Only index and `source` are others.

Invariant: the events of a story and stream have a `source` that nothing else has, so a search can read exactly them.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import NamedTuple

from forwarder.records import STREAMS, Stream
from forwarder.siem.delivery import deliver
from forwarder.siem.stories import Story
from forwarder.sinks.splunk import SplunkSettings
from forwarder.sinks.splunk.sink import SplunkSink, source_of
from forwarder.store import Packed, pack


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
                for chunk in pack(marked.origin(stream), [Packed(event, 0, None) for event in events]):
                    deliver(hec, chunk, lambda letter: f"{letter.source}: HEC")
                sent[marked.source(stream)] = len(events)
            told(number)
    return sent
