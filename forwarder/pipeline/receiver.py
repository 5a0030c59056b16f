"""The push source: what OTLP clients send goes into the store, and is answered when it is there.

- The store is full or cannot be written: the client is told to come again, and it is red.
- Telemetry has no source to be read from again: a damaged chunk of it is red for good.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from forwarder.errors import StoreUnavailable
from forwarder.http_server import Tls
from forwarder.otlp import OtlpSettings
from forwarder.otlp.server import Meter, OtlpServer, check_exposure
from forwarder.pipeline.clock import Clock
from forwarder.records import Event, Receipt
from forwarder.status import Conditions, Metrics
from forwarder.store import PageCommit, SqliteStore, pack
from forwarder.store.chunk import Packed

NAME = "otlp"
SUBJECT = f"sources.{NAME}"


class Receiver:
    """Listens from construction; takes from `start`. Raises `Misconfigured` where it cannot or must not."""

    name = NAME

    def __init__(
        self,
        settings: OtlpSettings,
        store: SqliteStore,
        conditions: Conditions,
        metrics: Metrics,
        now_us: Clock,
        committed: Callable[[], None],
    ) -> None:
        self.records = 0
        self.rejected = 0
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._now_us = now_us
        self._committed = committed
        self._server = build_server(settings, self._commit, self._receipt, _Counting(self))

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._server.address

    def start(self) -> None:
        """Begin to take."""
        self._server.start()

    def stop(self) -> None:
        """Take nothing new, answer what is in."""
        self._server.stop()

    def figures(self) -> dict[str, Any]:
        """For the report."""
        return {"records": self.records, "rejected": self.rejected}

    def tend(self) -> None:
        """Notice telemetry that was damaged in the store."""
        if lost := self._store.rereads(NAME):
            reason = f"{len(lost)} chunks of telemetry were damaged in the store and cannot be read again"
            self._conditions.report(f"{SUBJECT}.damaged", reason)

    def count(self, rejected: int, reasons: Sequence[str]) -> None:
        """So many records of a request were refused."""
        self.rejected += rejected
        for reason in reasons[:1]:
            self._metrics.refused_records.labels(NAME, reason.partition(":")[0]).inc(rejected)

    def _receipt(self) -> Receipt:
        return Receipt(self._now_us() // 1000, self._store.instance)

    def _commit(self, events: Sequence[Event]) -> None:
        """See `forwarder.otlp.ingest.Commit`."""
        chunks = tuple(pack(NAME, [Packed(event, event.key_fields.time_ms * 1000, None) for event in events]))
        try:
            self._store.commit(PageCommit(NAME, chunks), self._now_us())
        except StoreUnavailable as error:
            self._conditions.report("store", str(error))
            raise
        self._conditions.resolve("store")
        self.records += len(events)
        self._metrics.read.labels(NAME).inc(len(events))
        for stream, count in Counter(event.stream for event in events).items():
            self._metrics.events.labels(NAME, stream).inc(count)
        self._committed()


class _Counting(Meter):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """See `Meter.received`."""
        if rejected:
            self._receiver.count(rejected, reasons)


def build_server(
    settings: OtlpSettings, commit: Callable[[Sequence[Event]], None], receipt: Callable[[], Receipt], meter: Meter
) -> OtlpServer:
    """The server that `settings` describe. Raises `Misconfigured`."""
    token = settings.token()
    return OtlpServer(
        settings.listen,
        commit,
        receipt,
        token=token.reveal if token else None,
        tls=_tls(settings),
        mode=settings.mode,
        meter=meter,
    )


def check_receiver(settings: OtlpSettings) -> str:
    """Prove token, certificates and address without listening; the answer says who may send. Raises `Misconfigured`."""
    token, tls = settings.token(), _tls(settings)
    check_exposure(settings.listen[0], token.reveal if token else None, tls)
    if token:
        token.reveal()
    if tls:
        tls.context()
    host, port = settings.listen
    proofs = [proof for proof, asked in (("a bearer token", token), ("a certificate", tls and tls.client_ca)) if asked]
    who = f"whoever shows {' and '.join(proofs)}" if proofs else "whoever reaches it"
    return f"{who} may send to {host}:{port}; content: {settings.mode}"


def _tls(settings: OtlpSettings) -> Tls | None:
    if settings.certificate_file and settings.key_file:
        return Tls(settings.certificate_file, settings.key_file, settings.client_ca_file)
    return None
