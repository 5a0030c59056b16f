"""Azure Monitor's Logs Ingestion API, by Microsoft's client, which gets ready gzip streams.

Facts (Logs Ingestion API overview; azure-monitor-ingestion): a call holds 1 MB, so bodies stay under 900 KB raw;
204 is accepted; 413 too large; 403 until the role has spread (up to 30 minutes); 429 with Retry-After. The
client's own chunker exceeds the limit and its retries hide ours, so neither is used.
"""

import io
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from forwarder.config import Secret
from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.gzip import compress
from forwarder.http_client import retry_after
from forwarder.records import Stream
from forwarder.sinks.base import TOO_LARGE, Bodies, Settled, Verdict
from forwarder.sinks.sentinel.credential import build_credential, cloud, names_refusal, transport_options
from forwarder.sinks.sentinel.rows import row
from forwarder.sinks.sentinel.settings import SentinelSettings
from forwarder.store import Chunk, Delivery

BODY_BYTES = 900_000
_REFUSED = (400, 401, 403)


class SentinelSink:
    """One data collection rule."""

    lanes = 4

    def __init__(self, name: str, settings: SentinelSettings) -> None:
        self.name = name
        self._settings = settings
        self._secret = Secret(f"sinks.{name}.client_secret", settings.client_secret, settings.client_secret_file)
        self._bodies = Bodies(name, BODY_BYTES)
        self._lock = threading.Lock()
        self._client: Any = None
        self._built_with: object = None
        self._fresh_token = False

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        chunk = delivery.chunk
        rows = [row(keys, body) for keys, body in chunk.pairs()]
        return self._bodies.deliver(delivery, rows, self._send)

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`."""
        for _ in self.deliver(Delivery(self.name, 0, 0, 0, chunk)):
            pass
        return f"{self._settings.rule_id} takes rows of {self._settings.streams[chunk.stream]}"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return self._secret.version()

    def head(self) -> str | None:
        """See `Sink.head`."""
        return None

    def close(self) -> None:
        """See `Sink.close`."""
        if self._client is not None:
            self._client.close()

    def _send(self, stream: Stream, rows: Sequence[bytes]) -> Verdict:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        body = compress(b"[" + b",".join(rows) + b"]")
        try:
            self._ready().upload(self._settings.rule_id, self._settings.streams[stream], io.BytesIO(body))
        except ClientAuthenticationError as error:
            return self._no_token(error)
        except HttpResponseError as error:
            return self._judge(error, stream)
        except AzureError as error:
            return Verdict(0, problem=Retry(f"sinks.{self.name}: {type(error).__name__}: {error.message}"))
        self._fresh_token = False
        return Verdict(len(rows), sent_bytes=len(body))

    def _ready(self) -> Any:
        """The client; built again when the secret changed or its token was refused."""
        with self._lock:
            version = self._secret.version()
            if self._client is None or version != self._built_with:
                try:
                    self._client, self._built_with = self._build(), version
                except (ValueError, OSError) as error:
                    raise Misconfigured(f"sinks.{self.name}: a setting is refused by Azure's client: {error}") from None
            return self._client

    def _build(self) -> Any:
        from azure.monitor.ingestion import LogsIngestionClient

        options = transport_options(self._settings)
        credential = build_credential(self._settings, self._secret, self._settings.authority, options)
        scopes = [cloud(self._settings).ingestion_scope]
        return LogsIngestionClient(self._settings.endpoint, credential, credential_scopes=scopes, **options)

    def _no_token(self, error: Any) -> Verdict:
        """No token, or a token that the ingestion address refuses: once a new one, then a person must look."""
        with self._lock:
            self._client = None
            again, self._fresh_token = not self._fresh_token, True
        text = f"sinks.{self.name}: no access ({_first_line(error)})"
        if error.status_code == 401 and again:
            return Verdict(0, problem=Retry(text, after=0.0))
        if error.status_code not in _REFUSED and not names_refusal(str(error)):
            return Verdict(0, problem=Retry(text))
        return Verdict(0, problem=Misconfigured(f"{text}; check tenant_id, client_id and the secret"))

    def _judge(self, error: Any, stream: Stream) -> Verdict:
        status, code = error.status_code, _code(error)
        text = f"sinks.{self.name}: HTTP {status} {code or ''} ({_first_line(error)})"
        if status == 401:
            return self._no_token(error)
        if status == 413:
            return Verdict(0, Reject(TOO_LARGE, text), named=False)
        if status == 403:
            mend = f"grant the role Monitoring Metrics Publisher on {self._settings.rule_id}; it takes up to 30 minutes"
            return Verdict(0, problem=Misconfigured(f"{text}; {mend}"))
        if status == 404 or code == "InvalidStream":
            mend = f"check endpoint, rule_id and stream {self._settings.streams[stream]}"
            return Verdict(0, problem=Misconfigured(f"{text}; {mend}"))
        if status == 400:
            return Verdict(0, Reject(f"http-400-{code or 'unknown'}".lower(), text), named=False)
        after = retry_after(error.response.headers) if error.response else None
        return Verdict(0, problem=Retry(text, after))


def _code(error: Any) -> str | None:
    return getattr(error.error, "code", None)


def _first_line(error: Any) -> str:
    return str(error.message).splitlines()[0][:300]
