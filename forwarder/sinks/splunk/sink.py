"""Splunk's HTTP Event Collector: `POST /services/collector/event`, gzip, concatenated envelopes.

The envelope is put on when sending, so a corrected index or token reaches what already waits. Where the token gives
acknowledgements (`ackId` in the answer), what was accepted counts as delivered when `/services/collector/ack` confirms
it.
"""

import socket
import threading
import uuid
from collections.abc import Iterator, Sequence
from functools import partial

import httpx
import orjson

from forwarder import __version__
from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import Misconfigured, Retry
from forwarder.gzip import compress
from forwarder.http_client import trust
from forwarder.records import KeyFields, Stream
from forwarder.sinks.base import BodySender, ChunkEvent, Settled, Verdict, check_delivery
from forwarder.sinks.splunk.answers import ack_id, acknowledged_ids, judge
from forwarder.sinks.splunk.settings import SplunkSettings
from forwarder.store import AckTicket, Chunk, Delivery

SOURCETYPE = "ocsf:anthropic:claude"
BODY_BYTES = 512 * 1024
EVENT_PATH = "/services/collector/event"
ACK_PATH = "/services/collector/ack"
CHANNEL = "x-splunk-request-channel"
FIELDS = {"content-type": "application/json", "user-agent": f"claude-siem/{__version__}"}
TIMEOUT = httpx.Timeout(60.0, connect=10.0).as_dict()

INDEXED_FIELDS: tuple[tuple[str, str], ...] = (
    ("claude_class", "class_uid"),
    ("claude_activity", "activity_id"),
    ("claude_code", "event_code"),
    ("claude_user", "user"),
    ("claude_actor", "actor_uid"),
    ("claude_org", "organization"),
    ("claude_src", "src_ip"),
    ("claude_object", "object_uid"),
    ("claude_object_type", "object_type"),
    ("claude_model", "model"),
    ("claude_tokens", "tokens"),
    ("claude_uid", "uid"),
)
"""Indexed field and the key field it holds; `fields.conf` of the Splunk app lists the same names."""
_POSITIONS = [(field, KeyFields._fields.index(key_field)) for field, key_field in INDEXED_FIELDS]


def source_of(origin: str) -> str:
    """The `source` of events collected from `origin`; without the account, where that stands before a dot."""
    return f"claude:{origin.rpartition('.')[2]}"


def envelopes(events: Sequence[ChunkEvent], origin: str, host: str, index: str) -> list[bytes]:
    """Events collected from `origin` as HEC takes them: time, origin, indexed fields, and the event's own bytes."""
    common = {
        "host": host,
        "source": source_of(origin),
        "sourcetype": SOURCETYPE,
        "index": index,
    }
    # Put together from ready pieces: encoding the envelope as one object takes half as long again.
    shared = orjson.dumps(common)[1:-1]
    return [
        b'{"time":%b,%b,"fields":%b,"event":%b}' % (orjson.dumps(max(keys[0], 0) / 1000), shared, _fields(keys), body)
        for keys, body in events
    ]


def _fields(keys: Sequence[object]) -> bytes:
    return orjson.dumps({field: keys[i] for field, i in _POSITIONS if keys[i] is not None})


class AckChannels(threading.local):
    """The channel of the thread that sends, so that acknowledgement numbers rise; a fresh one when they do not.

    Source: Splunk documentation, About HTTP Event Collector Indexer Acknowledgment: numbers count up within a channel
    from 0, and begin anew when the indexer restarts. A number that does not rise therefore means that the numbers
    before it are forgotten; another channel keeps the new numbers apart from the old ones.
    """

    def __init__(self) -> None:
        self.name = str(uuid.uuid4())
        self._last = -1

    def ack_ticket(self, ack: int) -> AckTicket:
        """The ticket for `ack`, just given to a body that this thread sent on `name`."""
        ticket = AckTicket(self.name, ack)
        if ack <= self._last:
            self.name, self._last = str(uuid.uuid4()), -1
        else:
            self._last = ack
        return ticket


class SplunkSink:
    """One HEC token."""

    concurrency = 4

    def __init__(self, name: str, settings: SplunkSettings, transport: httpx.BaseTransport | None = None) -> None:
        self.name = name
        self._settings = settings
        self._token = Secret(f"sinks.{name}.token", settings.token, settings.token_file)
        self._bodies = BodySender(name, BODY_BYTES)
        self._host = socket.gethostname()
        self._channels = AckChannels()
        self._acks_checked = False
        self.ack_timeout = settings.ack_timeout
        self._addresses = {path: httpx.URL(settings.url + path) for path in (EVENT_PATH, ACK_PATH)}
        self._http = httpx.Client(
            limits=httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency),
            verify=trust(settings.ca_file),
            transport=transport,
        )

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        origin, index = delivery.chunk.source, self._settings.index_of(delivery.chunk.stream)
        encode = partial(envelopes, origin=origin, host=self._host, index=index)
        return self._bodies.deliver(delivery, encode, self._send)

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`."""
        check_delivery(self, chunk)
        return f"HEC takes events into index {self._settings.index_of(chunk.stream)}"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return self._token.version()

    def close(self) -> None:
        """See `Sink.close`."""
        self._http.close()

    def acknowledged(self, channel: str, acks: Sequence[int]) -> set[int]:
        """See `Acknowledging.acknowledged`."""
        answer = self._post(ACK_PATH, channel, orjson.dumps({"acks": acks}))
        return acknowledged_ids(answer, self.name)

    def _send(self, stream: Stream, parts: Sequence[bytes]) -> Verdict:
        body = compress(b"\n".join(parts))
        try:
            self._check_acks()
            answer = self._post(EVENT_PATH, self._channels.name, body, {"content-encoding": "gzip"})
        except (Retry, Misconfigured) as error:
            return Verdict(0, problem=error)
        verdict = judge(answer, self.name, self._settings.index_of(stream), len(parts))
        return self._with_ticket(answer, verdict, len(parts))._replace(sent_bytes=len(body))

    def _with_ticket(self, answer: httpx.Response, verdict: Verdict, events: int) -> Verdict:
        """The verdict, with the ticket for the acknowledgement that the answer announces."""
        if self._settings.ack == "off" or verdict.problem or verdict.taken < events:
            return verdict
        ack = ack_id(answer)
        return verdict if ack is None else verdict._replace(ack_ticket=self._channels.ack_ticket(ack))

    def _check_acks(self) -> None:
        """With `ack: on`, check before the first event that the token gives them. Raises as `acknowledged`."""
        if self._settings.ack == "on" and not self._acks_checked:
            self.acknowledged(self._channels.name, [0])
            self._acks_checked = True

    def _post(self, path: str, channel: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Raises `Retry` where no answer came.

        The request is built whole, because merging it with the client's defaults costs a quarter of the call. The body
        is passed as an iterator, so that it is freed at once: httpx's answers are in reference cycles with requests.
        """
        own = {"authorization": f"Splunk {self._token.reveal()}", CHANNEL: channel, "content-length": str(len(body))}
        fields = {**FIELDS, **own, **(headers or {})}
        request = httpx.Request(
            "POST", self._addresses[path], headers=fields, content=iter((body,)), extensions={"timeout": TIMEOUT}
        )
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            text = explain(error, self._settings.url, f"sinks.{self.name}.url")
            raise Retry(f"sinks.{self.name}: {text}") from error
