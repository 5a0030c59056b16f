"""All sending of one process: a sender a sink, in its lanes, and who asks for acknowledgements where there are any."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from forwarder.pipeline.acknowledger import Acknowledger
from forwarder.pipeline.clock import Clock, local_us
from forwarder.pipeline.sender import Sender
from forwarder.sinks import Acknowledging, Sink
from forwarder.status import Conditions, Metrics
from forwarder.store import SqliteStore


class Worker(NamedTuple):
    """Something that runs in a thread of its own until `Lanes.stop` is set."""

    name: str
    run: Callable[[], None]


class DeliveryWorkers:
    """Sends what waits in the store for `sinks`."""

    def __init__(
        self,
        sinks: Iterable[Sink],
        store: SqliteStore,
        conditions: Conditions,
        metrics: Metrics,
        now_us: Clock = local_us,
    ) -> None:
        self.stop = threading.Event()
        self._store = store
        watched = (store, conditions, metrics, self.stop)
        self.senders = [Sender(sink, *watched, now_us) for sink in sinks]
        self._acknowledgers = [
            Acknowledger(sender.sink.name, sender.sink, *watched, sender.count)
            for sender in self.senders
            if isinstance(sender.sink, Acknowledging)
        ]

    def __iter__(self) -> Iterator[Worker]:
        for sender in self.senders:
            for number in range(sender.sink.concurrency):
                yield Worker(f"send-{sender.sink.name}-{number}", sender.run)
        for acknowledger in self._acknowledgers:
            yield Worker(f"acks-{acknowledger.name}", acknowledger.run)

    def wake(self) -> None:
        """There is something to send."""
        for sender in self.senders:
            sender.wake()

    def delivered(self) -> dict[str, int]:
        """Events confirmed, by sink."""
        return {sender.sink.name: sender.delivered for sender in self.senders}

    def asked(self) -> int:
        """Questions for acknowledgements that were answered: waiting for an indexer is getting on."""
        return sum(acknowledger.asked for acknowledger in self._acknowledgers)

    def progress(self) -> tuple[int, int]:
        """Changes while something gets on: what waits, and answers to questions for acknowledgements."""
        return sum(self._store.backlog().values()), self.asked()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Every lane runs in a thread until the end of the block; then the sinks are closed."""
        threads = [threading.Thread(target=lane.run, name=lane.name, daemon=True) for lane in self]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            self.wake()
            for thread in threads:
                thread.join()
            self.close()

    def close(self) -> None:
        """Give back what the sinks hold, once every lane has ended."""
        for sender in self.senders:
            sender.sink.close()
