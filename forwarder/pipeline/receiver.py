"""The push source: OTLP requests are stored, and answered when they are in the store.

- The store is full or cannot be written: clients get 503 and retry; red at once.
- OTLP data cannot be read again from a source: a damaged chunk of it stays red.
- A decoding thread that does not end is red until it does; others take over, up to a number.
- The bearer token cannot be read: clients get 503 and retry; red until it can.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from forwarder.errors import ForwarderError, Misconfigured, StoreUnavailable
from forwarder.http_server import HttpError, Tls
from forwarder.otlp import OtlpSettings
from forwarder.otlp.server import Meter, OtlpServer, check_exposure
from forwarder.otlp.workers import StuckWorkers
from forwarder.pipeline.refusals import RefusedTelemetry
from forwarder.pipeline.timing import Clock
from forwarder.records import Event, Receipt
from forwarder.status import Conditions, Metrics
from forwarder.store import Packed, PageCommit, Store, pack

NAME = "otlp"
SUBJECT = f"sources.{NAME}"
DECODING, COMMITTING = "threads.otlp-decode", "threads.otlp-commit"
_TOKEN = f"{SUBJECT}.bearer_token"
_log = structlog.get_logger()


class OtlpReceiver:
    """Binds its addresses when constructed and accepts requests from `start` on.

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
        self._token = settings.token()
        self.refusals = RefusedTelemetry(conditions, metrics)
        self._server = build_server(settings, self._commit, self._receipt, _ReceiverMeter(self))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of OTLP/HTTP."""
        return self._server.address

    def start(self) -> None:
        """Begin to accept requests."""
        self._server.start()
        _log.info("telemetry is accepted", http=self._server.address, grpc=self._server.grpc_address)

    def stop(self, grace: float) -> None:
        """Accept no new requests; answer those in progress within `grace` seconds. Returns soon after in any case."""
        self._server.stop(grace)

    def statistics(self) -> dict[str, Any]:
        """The counters for the status report."""
        return {"records": self.records, "rejected": self.rejected}

    def maintain(self) -> None:
        """Report chunks that were found damaged in the store."""
        if lost := self._store.rereads(NAME):
            reason = f"{len(lost)} OTLP chunks in the store are damaged, their events are lost; check the disk"
            self._conditions.report(f"{SUBJECT}.damaged", reason)

    def watch(self) -> None:
        """Look after what needs no request: whether the token can be read, and whether refusals have ended."""
        self.refusals.settle()
        if self._token:
            try:
                self._token.reveal()
            except ForwarderError as error:
                self.report_token(error)
            else:
                self.report_token(None)

    def report_token(self, error: ForwarderError | None) -> None:
        """The token could be read, or could not: red, unless it is for lack of file descriptors."""
        if isinstance(error, Misconfigured):
            if self._conditions.report(_TOKEN, str(error)):
                _log.error("telemetry cannot be accepted", reason=str(error))
        elif error is None and self._conditions.resolve(_TOKEN):
            _log.info("telemetry is accepted again")

    def count_rejected(self, rejected: int, reasons: Sequence[str]) -> None:
        """Count the rejected records of one request."""
        self.rejected += rejected
        for reason in reasons[:1]:
            self._metrics.count_refused(NAME, reason.partition(":")[0], rejected)

    def report_stuck(self, workers: StuckWorkers) -> None:
        """Report the decoding threads that do not end."""
        if not workers.number:
            self._conditions.resolve(DECODING)
            return
        outlook = "another has taken over" if workers.replaced else "no other is started, clients get 503"
        reason = (
            f"{workers.number} decoding threads are in requests that do not end; {outlook}; the log names the clients: "
            f"report what they sent, and restart the forwarder"
        )
        self._conditions.report(DECODING, reason, stalled=not workers.replaced)

    def report_late(self, late: bool) -> None:
        """Report a commit that does not end."""
        if late:
            reason = "telemetry waits for a commit that does not end, clients get 503; check the disk of the store"
            self._conditions.report(COMMITTING, reason)
        else:
            self._conditions.resolve(COMMITTING)

    def _receipt(self) -> Receipt:
        return Receipt(self._now_us() // 1000, self._store.instance)

    def _commit(self, events: Sequence[Event]) -> None:
        """See `forwarder.otlp.ingest.Commit`."""
        chunks = tuple(pack(NAME, [Packed(event, event.key_fields.time_ms * 1000, None) for event in events]))
        try:
            self._store.commit(PageCommit(NAME, chunks), self._now_us())
        except StoreUnavailable as error:
            self._conditions.report("store", str(error), by=SUBJECT)
            self._store_failed = True
            raise
        if self._store_failed:
            self._conditions.resolve("store", by=SUBJECT)
            self._store_failed = False
        self.records += len(events)
        self._metrics.read.labels(NAME).inc(len(events))
        for stream, count in Counter(event.stream for event in events).items():
            self._metrics.events.labels(NAME, stream).inc(count)
        self._on_commit()


class _ReceiverMeter(Meter):
    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver

    def received(self, signal: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """See `Meter.received`."""
        if rejected:
            self._receiver.count_rejected(rejected, reasons)

    def stuck(self, workers: StuckWorkers) -> None:
        """See `Meter.stuck`."""
        self._receiver.report_stuck(workers)

    def late(self, late: bool) -> None:
        """See `Meter.late`."""
        self._receiver.report_late(late)

    def refused(self, client: str, error: HttpError) -> None:
        """See `Meter.refused`."""
        self._receiver.refusals.add(client, error)

    def token(self, error: ForwarderError | None) -> None:
        """See `Meter.token`."""
        self._receiver.report_token(error)


def build_server(
    settings: OtlpSettings, commit: Callable[[Sequence[Event]], None], receipt: Callable[[], Receipt], meter: Meter
) -> OtlpServer:
    """The OTLP server for `settings`. Raises `Misconfigured`."""
    token = settings.token()
    return OtlpServer(
        settings.listen,
        commit,
        receipt,
        grpc_listen=settings.grpc_listen,
        token=token.reveal if token else None,
        tls=_tls(settings),
        origins=settings.allowed_origins,
        mode=settings.mode,
        meter=meter,
    )


def check_receiver(settings: OtlpSettings) -> str:
    """Check token, certificates and addresses without listening; describes who may send. Raises `Misconfigured`."""
    token, tls = settings.token(), _tls(settings)
    check_exposure(settings.listen, settings.grpc_listen, token.reveal if token else None, tls)
    if token:
        token.reveal()
    if tls:
        tls.context()
    addresses = [("HTTP", settings.listen), *([("gRPC", settings.grpc_listen)] if settings.grpc_listen else [])]
    where = " and ".join(f"{host}:{port} ({protocol})" for protocol, (host, port) in addresses)
    possible = (("a bearer token", token), ("a client certificate", tls and tls.client_ca))
    required = [credential for credential, configured in possible if configured]
    clients = f"clients with {' and '.join(required)}" if required else "all clients (no authentication)"
    pages = f"; web pages of {', '.join(settings.allowed_origins)}" if settings.allowed_origins else ""
    return f"{where} accepts {clients}{pages}; content: {settings.mode}"


def _tls(settings: OtlpSettings) -> Tls | None:
    if settings.certificate_file and settings.key_file:
        return Tls(settings.certificate_file, settings.key_file, settings.client_ca_file)
    return None
