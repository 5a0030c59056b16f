"""Splunk's HTTP Event Collector: `POST /services/collector/event`, gzip, concatenated envelopes.

The envelope is put on when sending, so a corrected index or token reaches what already waits.
"""

import socket
import uuid
from collections.abc import Iterator, Sequence

import httpx
import orjson

from forwarder import __version__
from forwarder.config import Secret, SplunkSettings
from forwarder.errors import Retry
from forwarder.gzip import compress
from forwarder.http_client import trust
from forwarder.records import Pivots, Stream
from forwarder.sinks.base import Bodies, Settled, Verdict
from forwarder.sinks.hec_answers import judge
from forwarder.store import Chunk, Delivery

SOURCETYPE = "ocsf:anthropic:claude"
BODY_BYTES = 512 * 1024
EVENT_PATH = "/services/collector/event"

INDEXED_FIELDS: tuple[tuple[str, str], ...] = (
    ("claude_class", "class_uid"),
    ("claude_activity", "activity_id"),
    ("claude_code", "event_code"),
    ("claude_user", "user"),
    ("claude_actor", "actor_uid"),
    ("claude_org", "organization"),
    ("claude_src", "src_ip"),
    ("claude_object", "object_uid"),
    ("claude_model", "model"),
    ("claude_tokens", "tokens"),
    ("claude_uid", "uid"),
)
"""Indexed field and the pivot it holds; `fields.conf` of the Splunk app lists the same names."""
_POSITIONS = [(field, Pivots._fields.index(pivot)) for field, pivot in INDEXED_FIELDS]


def envelopes(chunk: Chunk, host: str, index: str) -> list[bytes]:
    """The chunk's events as HEC takes them: time, origin, indexed fields, and the event's own bytes."""
    common = {"host": host, "source": f"claude:{chunk.source}", "sourcetype": SOURCETYPE, "index": index}
    return [
        orjson.dumps(
            {
                "time": max(keys[0], 0) / 1000,
                **common,
                "fields": {field: keys[i] for field, i in _POSITIONS if keys[i] is not None},
                "event": orjson.Fragment(line),
            }
        )
        for keys, line in zip(orjson.loads(chunk.pivots), chunk.lines(), strict=True)
    ]


class SplunkSink:
    """One HEC token."""

    lanes = 4

    def __init__(self, name: str, settings: SplunkSettings, transport: httpx.BaseTransport | None = None) -> None:
        self.name = name
        self._settings = settings
        self._token = Secret(f"sinks.{name}.token", settings.token, settings.token_file)
        self._bodies = Bodies(name, BODY_BYTES)
        self._host = socket.gethostname()
        self._http = httpx.Client(
            base_url=settings.url,
            headers={
                "content-encoding": "gzip",
                "content-type": "application/json",
                "user-agent": f"claude-siem/{__version__}",
                "x-splunk-request-channel": str(uuid.uuid4()),
            },
            limits=httpx.Limits(max_connections=self.lanes, max_keepalive_connections=self.lanes),
            timeout=httpx.Timeout(60.0, connect=10.0),
            verify=trust(settings.ca_file),
            transport=transport,
        )

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        return self._bodies.deliver(
            delivery, envelopes(delivery.chunk, self._host, self._settings.index_of(delivery.chunk.stream)), self._send
        )

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`."""
        for _ in self.deliver(Delivery(self.name, 0, 0, 0, chunk)):
            pass
        return f"HEC takes events into index {self._settings.index_of(chunk.stream)}"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return self._token.version()

    def head(self) -> str | None:
        """See `Sink.head`."""
        return None

    def close(self) -> None:
        """See `Sink.close`."""
        self._http.close()

    def _send(self, stream: Stream, parts: Sequence[bytes]) -> Verdict:
        body = compress(b"\n".join(parts))
        headers = {"authorization": f"Splunk {self._token.reveal()}"}
        try:
            answer = self._http.post(EVENT_PATH, content=body, headers=headers)
        except httpx.HTTPError as error:
            return Verdict(0, problem=Retry(f"sinks.{self.name}: {type(error).__name__} {error}"))
        verdict = judge(answer, self.name, self._settings.index_of(stream), len(parts))
        return verdict._replace(sent_bytes=len(body))
