"""The push source: OTLP requests are stored, and answered when they are in the store.

- The store is full or cannot be written: clients get 503 and retry; red at once.
- OTLP data cannot be read again from a source: a damaged chunk of it stays red.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from forwarder.errors import StoreUnavailable
from forwarder.http_server import Tls
from forwarder.otlp import OtlpSettings
from forwarder.otlp.server import Meter, OtlpServer, check_exposure
from forwarder.pipeline.timing import Clock
from forwarder.records import Event, Receipt
from forwarder.status import Conditions, Metrics
from forwarder.store import Packed, PageCommit, Store, pack

NAME = "otlp"
SUBJECT = f"sources.{NAME}"


class OtlpReceiver:
    """Binds its address when constructed and accepts requests from `start` on.

    Raises `Misconfigured` when it cannot listen, or must not without authentication.
    """

    name = NAME

    def __init__(
        self,
        settings: OtlpSettings,
        store: Store,
        conditions: Conditions,
        metrics: Metrics,
        now_us: Clock,
        on_commit: Callable[[], None],
    ) -> None:
        self.records = 0
        self.rejected = 0
        self._store_failed = False
        self._store = store
        self._conditions = conditions
        self._metrics = metrics
        self._now_us = now_us
        self._on_commit = on_commit
        self._server = build_server(settings, self._commit, self._receipt, _RejectionMeter(self))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self._server.address

    def start(self) -> None:
        """Begin to accept requests."""
        self._server.start()

    def stop(self) -> None:
        """Accept no new requests; answer those in progress."""
        self._server.stop()

    def statistics(self) -> dict[str, Any]:
        """The counters for the status report."""
        return {"records": self.records, "rejected": self.rejected}

    def maintain(self) -> None:
        """Report chunks that were found damaged in the store."""
        if lost := self._store.rereads(NAME):
            reason = f"{len(lost)} OTLP chunks in the store are damaged, their events are lost; check the disk"
            self._conditions.report(f"{SUBJECT}.damaged", reason)

    def count_rejected(self, rejected: int, reasons: Sequence[str]) -> None:
        """Count the rejected records of one request."""
        self.rejected += rejected
        for reason in reasons[:1]:
            self._metrics.count_refused(NAME, reason.partition(":")[0], rejected)

    def _receipt(self) -> Receipt:
        return Receipt(self._now_us() // 1000, self._store.instance)

    def _commit(self, events: Sequence[Event]) -> None:
        """See `forwarder.otlp.ingest.Commit`."""
        chunks = tuple(pack(NAME, [Packed(event, event.key_fields.time_ms * 1000, None) for event in events]))
        try:
            self._store.commit(PageCommit(NAME, chunks), self._now_us())
        except StoreUnavailable as error:
            self._conditions.report("store", str(error))
            self._store_failed = True
            raise
        if self._store_failed:
            self._conditions.resolve("store")
            self._store_failed = False
        self.records += len(events)
        self._metrics.read.labels(NAME).inc(len(events))
        for stream, count in Counter(event.stream for event in events).items():
            self._metrics.events.labels(NAME, stream).inc(count)
        self._on_commit()


class _RejectionMeter(Meter):
    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """See `Meter.received`."""
        if rejected:
            self._receiver.count_rejected(rejected, reasons)


def build_server(
    settings: OtlpSettings, commit: Callable[[Sequence[Event]], None], receipt: Callable[[], Receipt], meter: Meter
) -> OtlpServer:
    """The OTLP server for `settings`. Raises `Misconfigured`."""
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
    """Check token, certificates and address without listening; describes who may send. Raises `Misconfigured`."""
    token, tls = settings.token(), _tls(settings)
    check_exposure(settings.listen[0], token.reveal if token else None, tls)
    if token:
        token.reveal()
    if tls:
        tls.context()
    host, port = settings.listen
    possible = (("a bearer token", token), ("a client certificate", tls and tls.client_ca))
    required = [credential for credential, configured in possible if configured]
    clients = f"clients with {' and '.join(required)}" if required else "all clients (no authentication)"
    return f"{host}:{port} accepts {clients}; content: {settings.mode}"


def _tls(settings: OtlpSettings) -> Tls | None:
    if settings.certificate_file and settings.key_file:
        return Tls(settings.certificate_file, settings.key_file, settings.client_ca_file)
    return None
