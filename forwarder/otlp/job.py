"""One request's work in short steps, so that a long one never makes others wait for all of it."""

from collections.abc import Callable, Iterator
from itertools import islice

from forwarder.ocsf.agent import Telemetry, events_of
from forwarder.otlp import json_dialects, protobuf
from forwarder.otlp.answers import Format
from forwarder.otlp.inflating import inflated
from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import RESOURCE_EXHAUSTED, Kind, Refusal
from forwarder.privacy import Mode
from forwarder.records import Event, Receipt

SLICE = 256
"""Records a step."""
LARGE = 16 * 1024
"""Bytes beyond which a body counts as large: few of them are open at once."""
_PARSERS: dict[Format, Callable[[Kind, bytes], tuple[int, Iterator[Telemetry]]]] = {
    "protobuf": protobuf.parsed,
    "json": json_dialects.parsed,
}


class Job:
    """A body on its way to events. `step` is called until it says that all is done; it raises `Refusal`."""

    def __init__(
        self, kind: Kind, format_: Format, encoding: str, body: bytes, receipt: Receipt, mode: Mode, limits: Limits
    ) -> None:
        self.kind = kind
        self.events: list[Event] = []
        self.rejected = 0
        self.reasons: tuple[str, ...] = ()
        self._format = format_
        self._encoding = encoding
        self._body = body
        self._receipt = receipt
        self._mode = mode
        self._limits = limits
        self.large = len(body) > LARGE
        self._left = 0
        self._records: Iterator[Telemetry] | None = None

    @property
    def size(self) -> int:
        """Bytes of its events so far."""
        return sum(len(event.body) for event in self.events)

    @property
    def opened(self) -> bool:
        """Whether it has begun, and so holds its body inflated."""
        return self._records is not None

    def step(self) -> bool:
        """Inflate and parse first, then make events of a slice of the records. Whether all is done."""
        if self._records is None:
            self._open()
        records = islice(self._records or (), SLICE)
        events, rejected, reasons = events_of(records, self._receipt, self._mode)
        self.events += events
        self.rejected += rejected
        self.reasons = self.reasons or reasons
        self._left -= SLICE
        return self._left <= 0

    def _open(self) -> None:
        body = inflated(self._body, self._encoding, self._limits)
        self._body = b""
        self._left, self._records = _PARSERS[self._format](self.kind, body)
        if self._left > self._limits.records:
            most = self._limits.records
            raise Refusal(413, RESOURCE_EXHAUSTED, f"the request holds {self._left} records; {most} are the most")
