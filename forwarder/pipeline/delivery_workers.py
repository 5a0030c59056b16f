"""All delivery threads of one process: the senders of each sink, and an acknowledger where a sink acknowledges.

Also what commands use to show the progress of a delivery and to detect that it has stalled.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from forwarder.anthropic import local_us
from forwarder.pipeline.acknowledger import Acknowledger
from forwarder.pipeline.sender import Sender
from forwarder.pipeline.timing import GRACE, Clock
from forwarder.sinks import Acknowledging, Sink
from forwarder.status import Conditions, Metrics
from forwarder.store import Store

STALLED_AFTER = 60.0
"""Seconds without progress after which a command gives up; what is undelivered stays in the store."""

StepCount = tuple[int, int]
"""Done, and the total known so far."""
Steps = Mapping[str, StepCount]


class DeliveryWorker(NamedTuple):
    """One thread, which runs until `DeliveryWorkers.stop` is set."""

    name: str
    run: Callable[[], None]


class DeliveryWorkers:
    """Delivers the backlog in the store to `sinks`."""

    def __init__(
        self,
        sinks: Iterable[Sink],
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        now_us: Clock = local_us,
    ) -> None:
        self.stop = threading.Event()
        self._store = store
        shared = (store, conditions, metrics, self.stop)
        self.senders = [Sender(sink, *shared, now_us) for sink in sinks]
        self._acknowledgers = [
            Acknowledger(sender.sink.name, sender.sink, *shared, sender.count, now_us)
            for sender in self.senders
            if isinstance(sender.sink, Acknowledging)
        ]

    def __iter__(self) -> Iterator[DeliveryWorker]:
        for sender in self.senders:
            for number in range(sender.sink.concurrency):
                yield DeliveryWorker(f"send-{sender.sink.name}-{number}", sender.run)
        for acknowledger in self._acknowledgers:
            yield DeliveryWorker(f"acks-{acknowledger.name}", acknowledger.run)

    def wake(self) -> None:
        """New chunks are in the store: send them now."""
        for sender in self.senders:
            sender.wake()

    def delivered(self) -> dict[str, int]:
        """Events confirmed, by sink."""
        return {sender.sink.name: sender.delivered for sender in self.senders}

    def ack_polls(self) -> int:
        """Acknowledgement queries answered so far: waiting for an indexer is progress."""
        return sum(acknowledger.polls for acknowledger in self._acknowledgers)

    def progress_of(self, sink: str) -> tuple[int, int]:
        """A value that changes while the delivery of one sink progresses."""
        polls = sum(acknowledger.polls for acknowledger in self._acknowledgers if acknowledger.name == sink)
        return self.delivered()[sink], polls

    def progress(self) -> tuple[int, int]:
        """A value that changes while delivery progresses: the backlog and the answered acknowledgement queries."""
        return sum(self._store.backlog().values()), self.ack_polls()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run every worker in a thread until the end of the block, then close the sinks.

        A worker that hangs then is abandoned after `GRACE` seconds: what it sent may be sent again.
        """
        threads = [threading.Thread(target=worker.run, name=worker.name, daemon=True) for worker in self]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            self.wake()
            deadline = time.monotonic() + GRACE
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            self.close()

    def close(self) -> None:
        """Close the sinks. Call it when every worker has ended."""
        for sender in self.senders:
            sender.sink.close()


class StallDetector:
    """Detects that a progress value has not changed for `STALLED_AFTER` seconds."""

    def __init__(self) -> None:
        self._last: object = None
        self._since = time.monotonic()

    def restart(self) -> None:
        """Progress is due again only from now on."""
        self._since = time.monotonic()

    def stalled(self, progress: object) -> bool:
        """Whether `progress` has been the same for too long. Call it regularly."""
        if progress != self._last:
            self._last, self._since = progress, time.monotonic()
        return time.monotonic() - self._since > STALLED_AFTER
