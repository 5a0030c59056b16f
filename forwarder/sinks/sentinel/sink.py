"""Azure Monitor's Logs Ingestion API, by Microsoft's client, which gets ready gzip streams.

Facts (Logs Ingestion API overview; azure-monitor-ingestion): a call holds 1 MB, so bodies stay under 900 KB raw;
204 is accepted; 413 too large; 403 until the role is effective (up to 30 minutes); 429 with Retry-After. The
client's own chunker exceeds the limit and its retries hide ours, so neither is used.
"""

import io
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.gzip import compress
from forwarder.http_client import redirect_text, retry_after
from forwarder.records import Stream
from forwarder.redaction import shorten
from forwarder.sinks.base import TOO_LARGE, BodySender, Settled, Verdict, check_delivery
from forwarder.sinks.sentinel.credential import build_credential, cloud, names_refusal, transport_options
from forwarder.sinks.sentinel.rows import rows
from forwarder.sinks.sentinel.settings import SentinelSettings
from forwarder.store import Chunk, Delivery

BODY_BYTES = 900_000
_REFUSED = (400, 401, 403)


class SentinelSink:
    """One data collection rule."""

    concurrency = 4

    def __init__(self, name: str, settings: SentinelSettings) -> None:
        self.name = name
        self._settings = settings
        self._secret = Secret(f"sinks.{name}.client_secret", settings.client_secret, settings.client_secret_file)
        self._bodies = BodySender(name, BODY_BYTES)
        self._lock = threading.Lock()
        self._client: Any = None
        self._credential: Any = None
        self._built_with: object = None
        self._fresh_token = False

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""
        return self._bodies.deliver(delivery, rows, self._send)

    def check(self, chunk: Chunk) -> str:
        """See `Sink.check`."""
        check_delivery(self, chunk)
        return f"{self._settings.rule_id} takes rows of {self._settings.streams[chunk.stream]}"

    def credential_version(self) -> object:
        """See `Sink.credential_version`."""
        return self._secret.version()

    def close(self) -> None:
        """See `Sink.close`."""
        for part in (self._client, self._credential):
            if part is not None:
                part.close()

    def _send(self, stream: Stream, parts: Sequence[bytes]) -> Verdict:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        body = compress(b"[" + b",".join(parts) + b"]")
        try:
            self._ready().upload(self._settings.rule_id, self._settings.streams[stream], io.BytesIO(body))
        except ClientAuthenticationError as error:
            return self._no_token(error)
        except HttpResponseError as error:
            return self._judge(error, stream)
        except AzureError as error:
            text = explain(error, self._settings.endpoint, f"sinks.{self.name}.endpoint")
            return Verdict(0, problem=Retry(f"sinks.{self.name}: {text}"))
        self._fresh_token = False
        return Verdict(len(parts), sent_bytes=len(body))

    def _ready(self) -> Any:
        """The client; built again when the secret changed or its token was refused."""
        with self._lock:
            version = self._secret.version()
            if self._client is None or version != self._built_with:
                try:
                    self._build()
                except (ValueError, OSError) as error:
                    raise Misconfigured(f"sinks.{self.name}: Azure's client refuses a setting: {error}") from None
                self._built_with = version
            return self._client

    def _build(self) -> None:
        from azure.monitor.ingestion import LogsIngestionClient

        chosen = self._settings
        self._credential = build_credential(chosen, self._secret, chosen.authority, transport_options(chosen))
        scopes = [cloud(chosen).ingestion_scope]
        self._client = LogsIngestionClient(
            chosen.endpoint, self._credential, credential_scopes=scopes, **transport_options(chosen)
        )

    def _no_token(self, error: Any) -> Verdict:
        """No token, or one that the endpoint refuses: try once with a new one, then it is misconfigured."""
        with self._lock:
            self._client = None
            retry, self._fresh_token = not self._fresh_token, True
        was_answered = error.status_code is not None or names_refusal(str(error))
        authority = (self._settings.authority, f"sinks.{self.name}.authority")
        text = f"sinks.{self.name}: no access ({_first_line(error) if was_answered else explain(error, *authority)})"
        if error.status_code == 401 and retry:
            return Verdict(0, problem=Retry(text, after=0.0))
        if error.status_code not in _REFUSED and not names_refusal(str(error)):
            return Verdict(0, problem=Retry(text))
        return Verdict(0, problem=Misconfigured(f"{text}; check tenant_id, client_id and the secret"))

    def _judge(self, error: Any, stream: Stream) -> Verdict:
        status, code = error.status_code, _code(error)
        text = f"sinks.{self.name}: HTTP {status} {code or ''} ({_first_line(error)})"
        if redirect := redirect_text(status, error.response.headers if error.response else {}):
            return Verdict(0, problem=Misconfigured(f"sinks.{self.name}: {redirect}; check sinks.{self.name}.endpoint"))
        if status == 401:
            return self._no_token(error)
        if status == 413:
            return Verdict(0, Reject(TOO_LARGE, text), named=False)
        if status == 403:
            fix = f"grant the role Monitoring Metrics Publisher on {self._settings.rule_id}; it takes up to 30 minutes"
            return Verdict(0, problem=Misconfigured(f"{text}; {fix}"))
        if status == 404 or code == "InvalidStream":
            fix = f"check endpoint, rule_id and stream {self._settings.streams[stream]}"
            return Verdict(0, problem=Misconfigured(f"{text}; {fix}"))
        if status == 400:
            return Verdict(0, Reject(f"http-400-{code or 'unknown'}".lower(), text), named=False)
        after = retry_after(error.response.headers) if error.response else None
        return Verdict(0, problem=Retry(text, after))


def _code(error: Any) -> str | None:
    return getattr(error.error, "code", None)


def _first_line(error: Any) -> str:
    return shorten((str(error.message).splitlines() or [""])[0], 300)
