"""The receiver: listens, admits, reads, has the bodies digested and committed, and answers.

Invariants
    200 means committed. What could not be committed is answered 503, and the client keeps it.
    No answer, log line or metric holds a token or content.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from forwarder.errors import Misconfigured
from forwarder.otlp.admission import Admission, Ticket
from forwarder.otlp.answers import CONTENT_TYPES, FORMATS, Format, failure, success
from forwarder.otlp.digestion import Digestion, Inbox
from forwarder.otlp.http import Answer, Conversation, Head, PeerGone, address_of, listener
from forwarder.otlp.job import Job
from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import INVALID_ARGUMENT, KINDS, NOT_FOUND, UNIMPLEMENTED, Kind, Refusal
from forwarder.otlp.security import Tls, Token, authorize, check_exposure
from forwarder.privacy import Mode
from forwarder.records import Receipt

__all__ = ["Inbox", "Meter", "OtlpServer"]
_log = structlog.get_logger()
_DEFAULTS = Limits()


class Meter:
    """Told of every request as it is answered. Override what is of interest; called from the receiver's thread."""

    def answered(self, path: str, status: int) -> None:
        """`path` is one of the three of OTLP, or empty."""

    def taken(self, kind: str, events: int, rejected: int, reasons: Sequence[str]) -> None:
        """`kind` is `logs`, `metrics` or `traces`; the events are committed, the rejected are the client's to mend."""


class OtlpServer:
    """Listens from construction, answers from `start`. Raises `Misconfigured` when it cannot or must not.

    `token` gives the bearer token as it is at each request. `mode` is what becomes of content.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        inbox: Inbox,
        receipt: Callable[[], Receipt],
        *,
        token: Token | None = None,
        tls: Tls | None = None,
        mode: Mode = "metadata",
        limits: Limits = _DEFAULTS,
        meter: Meter | None = None,
    ) -> None:
        check_exposure(listen[0], token, tls)
        self._receipt = receipt
        self._token = token
        self._mode = mode
        self._limits = limits
        self._meter = meter or Meter()
        self._tls = tls.context() if tls else None
        try:
            self._socket = listener(*listen)
        except OSError as error:
            where = f"{listen[0]}:{listen[1]}"
            raise Misconfigured(f"otlp.listen: {where} cannot be listened on ({error.strerror})") from None
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._admission = Admission(limits)
        self._talks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._grace = 0.0
        self._digestion = Digestion(inbox, limits)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="otlp", daemon=True)

    def start(self) -> None:
        """Begin to answer, from a thread of its own."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self, grace: float = 5.0) -> None:
        """Take no new request, answer those that are in within `grace` seconds, end."""
        self._grace = grace
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop or asyncio.new_event_loop()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        digesting = asyncio.create_task(self._digestion.run())
        handshake = self._limits.head_seconds if self._tls else None
        server = await asyncio.start_server(
            self._accept, sock=self._socket, ssl=self._tls, ssl_handshake_timeout=handshake
        )
        await self._stopping.wait()
        server.close()
        await self._drained(self._grace)
        for task in (*self._talks, digesting):
            task.cancel()
        await asyncio.gather(*self._talks, digesting, return_exceptions=True)

    async def _drained(self, grace: float) -> None:
        """Until the requests that are in have their answers."""
        deadline = time.monotonic() + grace
        while self._admission.requests and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(Conversation(reader, writer, self._limits), address_of(writer)))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _converse(self, talk: Conversation, client: str) -> None:
        try:
            with ExitStack() as held:
                try:
                    held.enter_context(self._admission.connection(client))
                except Refusal as refusal:
                    await talk.answer(_refused(refusal, "protobuf", close=True))
                    return
                while await self._one(talk, client):
                    pass
        except PeerGone:
            pass
        except Exception:
            _log.exception("an OTLP connection ended by a fault of the receiver")
        finally:
            talk.close()

    async def _one(self, talk: Conversation, client: str) -> bool:
        """One request. Whether the connection may go on."""
        path = ""
        format_: Format = "protobuf"
        try:
            head = await talk.head()
            path = head.path if head.path in KINDS else ""
            format_ = FORMATS.get(_media_type(head), "protobuf")
            kind = self._checked(head)
            with self._admission.request(client) as ticket:
                answer = await self._taken(talk, client, head, kind, format_, ticket)
                return await self._sent(talk, path, answer)
        except Refusal as refusal:
            return await self._sent(talk, path, _refused(refusal, format_))

    async def _sent(self, talk: Conversation, path: str, answer: Answer) -> bool:
        self._meter.answered(path, answer.status)
        return await talk.answer(answer._replace(close=answer.close or self._stopping.is_set()))

    def _checked(self, head: Head) -> Kind:
        """Which kind of telemetry it is. Raises `Refusal` for a request whose body need not be read."""
        authorize(head.headers.get("authorization", ""), self._token)
        kind = KINDS.get(head.path)
        if kind is None:
            raise Refusal(404, NOT_FOUND, f"no such path; there are {', '.join(KINDS)}")
        if head.method != "POST":
            raise Refusal(405, UNIMPLEMENTED, f"{kind.path} takes POST", headers=(("allow", "POST"),))
        if _media_type(head) not in FORMATS:
            message = f"Content-Type is not one of {', '.join(FORMATS)}"
            raise Refusal(415, INVALID_ARGUMENT, message)
        return kind

    async def _taken(
        self, talk: Conversation, client: str, head: Head, kind: Kind, format_: Format, ticket: Ticket
    ) -> Answer:
        body = await talk.body(head, ticket.grow)
        encoding = head.headers.get("content-encoding", "").strip().lower()
        job = Job(kind, format_, encoding, body, self._receipt(), self._mode, self._limits)
        await self._digestion.take(client, job)
        self._meter.taken(kind.name, len(job.events), job.rejected, job.reasons)
        if job.rejected:
            _log.warning(
                "OTLP records refused", kind=kind.name, client=client, number=job.rejected, reasons=job.reasons
            )
        return Answer(200, CONTENT_TYPES[format_], success(kind, format_, job.rejected, job.reasons))


def _media_type(head: Head) -> str:
    return head.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refused(refusal: Refusal, format_: Format, close: bool = False) -> Answer:
    headers = refusal.headers
    if refusal.retry_after is not None:
        headers = (*headers, ("retry-after", str(refusal.retry_after)))
    return Answer(refusal.status, CONTENT_TYPES[format_], failure(refusal, format_), headers, close)
