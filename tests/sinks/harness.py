"""What the conformance suite needs of each kind of sink: its stand-in, and ways to make that fail.

An HTTP sink needs nothing here: every fault is one that its stand-in has (see `HttpStandIn`).
"""

import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.errors import ForwarderError, Retry
from forwarder.records import DeadLetter
from forwarder.simulator.destination import Deliveries
from forwarder.simulator.stand_ins import HttpStandIn, StandIn, stand_in_class
from forwarder.simulator.stand_ins.archive import ArchiveStandIn
from forwarder.sinks import SINKS, Sink, build_sink
from forwarder.store import Chunk, Delivery
from tests.sinks.deliveries import outcome
from tests.store.disk import files_of_at_most

WRONG_SECRET = "wrong-secret-never-to-be-seen"
HTTP_KINDS = {kind: found for kind in SINKS if issubclass(found := stand_in_class(kind), HttpStandIn)}


class Result(NamedTuple):
    """What became of a delivery: what is left of it, as the store has it, and what was refused."""

    left: Delivery
    dead_letters: list[DeadLetter]
    error: ForwarderError | None

    @property
    def done(self) -> bool:
        """Whether every event is settled."""
        return self.error is None and self.left.position == self.left.end


class Harness(ABC):
    """A kind of sink and its stand-in."""

    def __init__(self, kind: str, stand_in: StandIn) -> None:
        self.kind = kind
        self.secrets = [WRONG_SECRET]
        self.settings = SINKS[kind].settings.model_validate({"type": kind, **stand_in.settings()})
        self._stand_in = stand_in
        self._chunks = 0

    def sink(self) -> Sink:
        """The sink as a new process has it."""
        return build_sink(self.kind, self.settings)

    def delivery(self, chunk: Chunk, **values: Any) -> Delivery:
        """The delivery of one more chunk of the store."""
        self._chunks += 1
        return Delivery(self.kind, self._chunks, 0, 0, chunk, "store-1")._replace(**values)

    def deliver(self, sink: Sink, delivery: Delivery) -> Result:
        """Deliver as the service does: what is settled is noted, and `Retry` with no wait is repeated at once."""
        dead_letters: list[DeadLetter] = []
        for _ in range(3):
            position, refused, error = outcome(sink.deliver(delivery))
            dead_letters += refused
            settled = delivery.refused + len(refused)
            delivery = delivery._replace(position=max(position, delivery.position), refused=settled)
            self._shows_no_secret(error)
            if not (isinstance(error, Retry) and error.after == 0):
                break
        return Result(delivery, dead_letters, error)

    def arrived(self) -> Counter[str]:
        """How often each event arrived, by its uid."""
        return Counter(event["metadata"]["uid"] for event in self._stand_in.events())

    def _shows_no_secret(self, error: ForwarderError | None) -> None:
        shown = "".join(traceback.format_exception(error)) + repr(error)
        assert not any(secret in shown for secret in self.secrets)

    @abstractmethod
    def outage(self) -> AbstractContextManager[None]:
        """Nothing can be sent."""

    @abstractmethod
    def interruption(self) -> AbstractContextManager[None]:
        """Sending begins well, and then nothing more can be sent."""

    @abstractmethod
    def lost_answer(self) -> AbstractContextManager[None]:
        """What is sent arrives, and its confirmation does not."""

    @abstractmethod
    def misconfiguration(self) -> AbstractContextManager[None]:
        """Sending fails until a person changes something. Something was delivered before."""


class _Sizes(Deliveries):
    def __init__(self) -> None:
        super().__init__(keep_events=True)
        self.sizes: list[int] = []

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        self.sizes.append(size)
        super().store(uids, events, size)


class HttpHarness(Harness):
    """An HTTP sink. Its server is started."""

    def __init__(self, kind: str, stand_in: HttpStandIn) -> None:
        super().__init__(kind, stand_in)
        self.secret_file, self.body_limit = stand_in.secret_file, stand_in.body_limit
        self.numbered = False
        """Whether an answer names the refused event."""
        self.secrets.append(stand_in.secret_file.read_text())
        self._server, self._path = stand_in.server, stand_in.event_path
        self.url = self._server.url
        self._bodies = self._server.delivered = _Sizes()

    def body_sizes(self) -> list[int]:
        """Bytes of each body before compression."""
        return self._bodies.sizes

    @contextmanager
    def fault(self, name: str, **options: Any) -> Iterator[None]:
        """The server has this fault, for as long as the block lasts unless `times` says otherwise."""
        self._server.fault(name, **{"path": self._path, "times": None, **options})
        yield
        self._server.faults.clear()

    def redirect(self, status: int, to: str = "https://elsewhere.example/secret-path") -> AbstractContextManager[None]:
        """Events are sent elsewhere: to the same path behind `to`."""
        return self.fault("redirect", status=status, to=to, times=1)

    def refusal(self, text: str) -> AbstractContextManager[None]:
        """Events that hold the text are refused."""
        return self.fault("refuse-event", contains=text, numbered=self.numbered)

    @contextmanager
    def outage(self) -> Iterator[None]:
        self._server.stop()
        yield
        self._server.start()

    @contextmanager
    def interruption(self) -> Iterator[None]:
        with self.fault("proxy-too-large", times=1), self.fault("proxy-unavailable", skip=1):
            yield

    def lost_answer(self) -> AbstractContextManager[None]:
        return self.fault("answer-lost", times=1)

    @contextmanager
    def misconfiguration(self) -> Iterator[None]:
        right = self.secret_file.read_text()
        self.secret_file.write_text(WRONG_SECRET)
        yield
        self.secret_file.write_text(right)


class ArchiveHarness(Harness):
    """The archive, which is no server."""

    def __init__(self, kind: str, stand_in: ArchiveStandIn) -> None:
        super().__init__(kind, stand_in)
        self._head = stand_in.path / "head.json"

    def outage(self) -> AbstractContextManager[None]:
        return files_of_at_most(0)

    def interruption(self) -> AbstractContextManager[None]:
        return files_of_at_most(1000)

    @contextmanager
    def lost_answer(self) -> Iterator[None]:
        head = self._head.read_bytes()
        yield
        self._head.write_bytes(head)  # as a crash leaves it between the lines and the head

    @contextmanager
    def misconfiguration(self) -> Iterator[None]:
        head = self._head.read_bytes()
        self._head.write_bytes(b"{")
        yield
        self._head.write_bytes(head)


@contextmanager
def harness(kind: str, folder: Path) -> Iterator[Harness]:
    """The harness of a kind of sink, with its files in `folder`."""
    stand_in = stand_in_class(kind)(folder, keep_events=True, certificate=None)
    if isinstance(stand_in, HttpStandIn):
        with stand_in.server:
            yield HttpHarness(kind, stand_in)
    else:
        assert isinstance(stand_in, ArchiveStandIn)
        yield ArchiveHarness(kind, stand_in)
