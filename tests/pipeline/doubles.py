"""A scripted source and a scripted sink for the tests of the pipeline."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from forwarder.errors import ForwarderError
from forwarder.records import DeadLetter, Record
from forwarder.sinks import Settled
from forwarder.sources import Batch, NewRecord, SourceState
from forwarder.store import Checkpoint, Chunk, Delivery, Store, open_store

SECOND = 1_000_000
ScriptStep = Batch | ForwarderError


def incoming(number: int) -> NewRecord:
    """Record `number` of the feed, created at second `number`."""
    fields = {
        "id": f"activity_{number}",
        "type": "claude_chat_created",
        "created_at": "2026-04-10T08:09:10Z",
        "actor": {"type": "user_actor", "user_id": "user_1"},
    }
    return NewRecord(Record("activities", f"uid-{number}", number * 1000, fields), number * SECOND, number)


def batch(*numbers: int, checkpoint: int | None = None, **values: Any) -> Batch:
    """A page of these records."""
    advanced = None if checkpoint is None else Checkpoint(0, checkpoint * SECOND, 0, 0)
    return Batch([incoming(n) for n in numbers], checkpoint=advanced, read=len(numbers))._replace(**values)


class ScriptedSource:
    """Each read yields its batches and raises its errors. After the last scripted read nothing is new."""

    name = "activities"
    labels: tuple[str, ...] = ()
    poll = 30.0

    def __init__(self, *reads: Sequence[ScriptStep]) -> None:
        self.reads = list(reads)
        self.read_count = 0
        self.version = 0
        self.silent = False
        self.requests_a_read = 1
        self.time_us = 1_000 * SECOND
        self.before_each: Callable[[], None] = lambda: None
        """Called before each step."""
        self.closed = False
        self._answered = 0

    def read(self, state: SourceState) -> Iterator[Batch]:
        """See `Source.read`."""
        self.read_count += 1
        self._answered += 0 if self.silent else self.requests_a_read
        for step in self.reads.pop(0) if self.reads else ():
            self.before_each()
            if isinstance(step, ForwarderError):
                raise step
            yield step

    def answered(self) -> int:
        """See `Source.answered`: `requests_a_read`, and none while it is `silent`."""
        return self._answered

    def problem(self) -> str:
        """See `Source.problem`."""
        return ""

    def now_us(self) -> int:
        """See `Source.now_us`."""
        return self.time_us

    def skew(self) -> float:
        """See `Source.skew`."""
        return 0.0

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """See `Source.forget_before_us`."""
        return 0

    def check(self) -> str:
        """See `Source.check`."""
        return "ok"

    def credential_version(self) -> object:
        """See `Source.credential_version`."""
        return self.version

    def close(self) -> None:
        """See `Source.close`."""
        self.closed = True


class HangingSource(ScriptedSource):
    """Its reads wait for `may_answer`."""

    def __init__(self, *reads: Sequence[ScriptStep]) -> None:
        super().__init__(*reads)
        self.may_answer = threading.Event()

    def read(self, state: SourceState) -> Iterator[Batch]:
        """See `Source.read`."""
        self.may_answer.wait(10)
        yield from super().read(state)


class ScriptedSink:
    """Each delivery takes the next step: an error is raised, `None` takes the whole chunk."""

    concurrency = 1

    def __init__(self, *steps: ForwarderError | None, name: str = "splunk") -> None:
        self.name = name
        self.steps = list(steps)
        self.taken: list[str] = []
        self.attempts = 0
        self.version = 0

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        self.attempts += 1
        step = self.steps.pop(0) if self.steps else None
        if step:
            raise step
        self.taken += [keys.uid for keys in delivery.chunk.keys()[delivery.position :]]
        yield Settled(delivery.chunk.events, sent_bytes=10)

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`."""
        return "ok"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return self.version

    def close(self) -> None:
        """See `Sink.close`."""


def store(folder: Path, *sinks: str, max_bytes: int = 2**40) -> Store:
    """A store for these sinks."""
    return open_store(f"sqlite:///{folder / 'store.db'}", sinks or ("splunk",), max_bytes)


def refused(number: int) -> DeadLetter:
    """A dead letter."""
    return DeadLetter("activities", "source", "no-id", "why", None, b"%d" % number)
