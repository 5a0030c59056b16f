"""Events as the HEC sink sends them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from forwarder.records import Event, Stream
from forwarder.sinks.base import chunk_events
from forwarder.sinks.splunk.sink import envelopes
from forwarder.store import Packed, pack

Envelope = dict[str, Any]


def enveloped(source: str, events: Iterable[Event]) -> Iterator[Envelope]:
    """The envelopes of one source's events."""
    for chunk in pack(source, [Packed(event, event.key_fields.time_ms * 1000, None) for event in events]):
        made = envelopes(chunk_events(chunk), chunk.source, "forwarder-1", index_of(chunk.stream))
        yield from map(json.loads, made)


def index_of(stream: Stream) -> str:
    """The forwarder's own default."""
    return "claude" if stream == "activity" else f"claude_{stream}"
