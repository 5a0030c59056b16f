"""Events as the HEC sink sends them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from forwarder.records import Event, Stream
from forwarder.sinks.splunk.sink import envelopes
from forwarder.store import Packed, pack

Envelope = dict[str, Any]


def enveloped(source: str, events: Iterable[Event]) -> Iterator[Envelope]:
    """The envelopes of one source's events."""
    for chunk in pack(source, [Packed(event, event.key_fields.time_ms * 1000, None) for event in events]):
        yield from map(json.loads, envelopes(chunk, "forwarder-1", index_of(chunk.stream)))


def index_of(stream: Stream) -> str:
    """The forwarder's own default."""
    return "claude" if stream == "activity" else f"claude_{stream}"
