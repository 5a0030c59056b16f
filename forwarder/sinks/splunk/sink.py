"""Splunk's HTTP Event Collector: `POST /services/collector/event`, gzip, concatenated envelopes.

The envelope is put on when sending, so a corrected index or token reaches what already waits. Where the token gives
acknowledgements (`ackId` in the answer), what was accepted counts as delivered when `/services/collector/ack` confirms
it. The pool of connections holds bodies and these queries together to `concurrency` requests at a time.
"""

import socket
from collections.abc import Iterator, Sequence
from functools import partial

import httpx
import orjson

from forwarder import __version__
from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import Misconfigured, Retry
from forwarder.gzip import compress
from forwarder.http_client import new_client
from forwarder.records import KeyFields, Stream
from forwarder.sinks.base import BodySender, ChunkEvent, Settled, Verdict, check_delivery
from forwarder.sinks.splunk.answers import ack_id, acknowledged_ids, judge
from forwarder.sinks.splunk.channels import Channel, Channels
from forwarder.sinks.splunk.settings import SplunkSettings
from forwarder.store import Chunk, Delivery
from forwarder.tls import names_certificate

SOURCETYPE = "ocsf:anthropic:claude"
BODY_BYTES = 512 * 1024
MOST_ANSWER_BYTES = 1024 * 1024
"""An answer holds a code, or an acknowledgement for each of a thousand numbers."""
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


class SplunkSink:
    """One HEC token."""

    concurrency = 4

    def __init__(self, name: str, settings: SplunkSettings, transport: httpx.BaseTransport | None = None) -> None:
        self.name = name
        self._settings = settings
        self._token = Secret(f"sinks.{name}.token", settings.token, settings.token_file)
        self._bodies = BodySender(name, BODY_BYTES)
        self._host = socket.gethostname()
        self._channels = Channels()
        self._acks_checked = False
        self.ack_timeout = settings.ack_timeout
        self._addresses = {path: httpx.URL(settings.url + path) for path in (EVENT_PATH, ACK_PATH)}
        limits = httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        self._http = new_client(settings.url, settings.context(), limits, transport, MOST_ANSWER_BYTES)

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

    def acknowledged(self, channel: str, session: str, acks: Sequence[int]) -> set[int]:
        """See `Acknowledging.acknowledged`."""
        asked = self._channels.of(channel, session)
        acknowledged = self._query(asked, acks).intersection(acks)
        self._channels.confirmed(asked, acknowledged)
        return acknowledged

    def provable(self, channel: str, acks: Sequence[int]) -> Sequence[int]:
        """See `Acknowledging.provable`."""
        return self._channels.of(channel, "").provable(acks)

    def leave(self, channel: str) -> None:
        """See `Acknowledging.leave`."""
        self._channels.of(channel, "").is_left = True

    def _query(self, channel: Channel, acks: Sequence[int]) -> set[int]:
        return acknowledged_ids(self._post(ACK_PATH, channel, orjson.dumps({"acks": acks})), self.name)

    def _send(self, stream: Stream, parts: Sequence[bytes]) -> Verdict:
        """Where the indexer began its numbers anew, what it just took is sent again: its number proves nothing."""
        body = compress(b"\n".join(parts))
        try:
            self._check_acks()
            verdict = self._send_body(stream, body, len(parts)) or self._send_body(stream, body, len(parts))
        except (Retry, Misconfigured) as error:
            return Verdict(0, problem=error)
        if verdict is None:
            return Verdict(0, problem=Retry(f"sinks.{self.name}: acknowledgement numbers on a new channel do not rise"))
        return verdict._replace(sent_bytes=len(body))

    def _send_body(self, stream: Stream, body: bytes, events: int) -> Verdict | None:
        """The verdict, with the ticket of the acknowledgement that the answer promises; `None`: see `_send`."""
        channel = self._channels.current()
        try:
            answer = self._post(EVENT_PATH, channel, body, {"content-encoding": "gzip"})
        except (Retry, Misconfigured):
            channel.is_left = True
            raise
        verdict = judge(answer, self.name, self._settings.index_of(stream), events)
        if verdict.taken == events and (ack := self._promise(channel, answer)) is not None:
            ticket = self._channels.promised(channel, ack)
            return ticket and verdict._replace(ack_ticket=ticket)
        channel.is_left |= verdict.taken < events
        return verdict

    def _promise(self, channel: Channel, answer: httpx.Response) -> int | None:
        """The acknowledgement number of a body that was taken. Raises where none can come although one must."""
        if self._settings.ack == "off":
            return None
        try:
            ack = ack_id(answer, self.name)
            if ack is None and self._settings.ack == "on":
                self._acks_checked = False
                raise Misconfigured(
                    f"sinks.{self.name}: events are taken without an acknowledgement number; "
                    f"enable indexer acknowledgement for the token in Splunk, or set ack: auto"
                )
        except (Retry, Misconfigured):
            channel.is_left = True
            raise
        return ack

    def _check_acks(self) -> None:
        """With `ack: on`, check before the first event, and after one without, that the token gives them.

        Raises as `acknowledged`.
        """
        if self._settings.ack == "on" and not self._acks_checked:
            self._query(self._channels.current(), [0])
            self._acks_checked = True

    def _post(self, path: str, channel: Channel, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Raises `Retry` where no answer came, `Misconfigured` where the certificate is not accepted.

        The request is built whole, because merging it with the client's defaults costs a quarter of the call. The body
        is passed as an iterator, so that it is freed at once: httpx's answers are in reference cycles with requests.
        """
        own = {
            "authorization": f"Splunk {self._token.reveal()}",
            CHANNEL: channel.name,
            "content-length": str(len(body)),
        }
        fields = {**FIELDS, **own, **(headers or {})}
        if cookies := channel.cookies.header():
            fields["cookie"] = cookies
        request = httpx.Request(
            "POST", self._addresses[path], headers=fields, content=iter((body,)), extensions={"timeout": TIMEOUT}
        )
        try:
            answer = self._http.send(request)
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        channel.cookies.take(answer.headers.get_list("set-cookie"))
        return answer

    def _unreached(self, error: httpx.HTTPError) -> Retry | Misconfigured:
        place = f"sinks.{self.name}"
        text = f"{place}: {explain(error, self._settings.url, f'{place}.url')}"
        if names_certificate(error):
            return Misconfigured(f"{text}; or set {place}.server_name or fingerprint")
        return Retry(text)
