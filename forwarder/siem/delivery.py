"""A chunk of stories given to a sink: a destination that is busy is asked again, one that refuses an event ends it."""

import time
from collections.abc import Callable

from forwarder.errors import Misconfigured, Retry
from forwarder.http_client import backoff
from forwarder.records import DeadLetter
from forwarder.sinks.base import Sink
from forwarder.store import Chunk, Delivery

PATIENCE = 60.0
"""Seconds for which a destination that is busy is asked again, a chunk."""


def deliver(sink: Sink, chunk: Chunk, whose: Callable[[DeadLetter], str]) -> None:
    """Send all of the chunk. `whose` says, in words, whom a refused event belongs to and who refuses it.

    Raises `Misconfigured` when the destination refuses the credential, the place or an event, `Retry` when it does not
    take them.
    """
    position, failures, until = 0, 0, time.monotonic() + PATIENCE
    while position < chunk.events:
        try:
            for settled in sink.deliver(Delivery(sink.name, 0, position, 0, chunk)):
                position = settled.position
                for letter in settled.dead_letters:
                    raise Misconfigured(f"{whose(letter)} refuses an event ({letter.reason}: {letter.detail})")
        except Retry as busy:
            if time.monotonic() > until:
                raise
            failures += 1
            time.sleep(busy.after if busy.after is not None else backoff(0.25, failures))
