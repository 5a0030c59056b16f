"""The connection to splunkd: the official SDK, its requests sent by httpx, its errors as ours.

Invariants: TLS is verified, whatever the SDK's default is; every request has a time limit; the credential is in no
message. Source: splunk-sdk 2.1.1, `binding.HttpLib` (a handler takes the requests), `binding.HTTPError`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Any, Self
from urllib.parse import urlsplit
from xml.etree.ElementTree import XML, ParseError

import httpx

from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import ForwarderError, Misconfigured, Reject, Retry
from forwarder.http_client import new_client, redirect_text
from forwarder.siem.check import PermissionDenied
from forwarder.sinks.splunk import ManagementSettings, SplunkSettings
from forwarder.tls import names_certificate

PORT = 8089
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_ENVIRONMENT = "CLAUDE_SIEM__SINKS__{}__MANAGEMENT__TOKEN"


class Splunkd:
    """One splunkd. `service` is the SDK's, to be used within `request` only; a context manager."""

    def __init__(self, sink: str, settings: SplunkSettings) -> None:
        """`sink` is the sink's name in the settings. Sends no request yet. Raises `Misconfigured`."""
        management = settings.management
        self.place = f"sinks.{sink}.management"
        if management.url is None:
            raise Misconfigured(f"{self.place}.url is not set: set splunkd's address, such as https://HOST:{PORT}")
        self.url = management.url
        self._sdk = _sdk()
        self._http = new_client(management.url, settings.management_context(), timeout=TIMEOUT)
        address = urlsplit(management.url)
        self.service: Any = self._sdk.Service(
            scheme=address.scheme,
            host=address.hostname,
            port=address.port or PORT,
            handler=self._send,
            **_credential(self.place, sink, management),
        )

    def __enter__(self) -> Self:
        """Sign in, where there is no token. Raises as `request`."""
        try:
            with self.request("the sign-in"):
                self.service.login()
        except ForwarderError:
            self._http.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @contextmanager
    def request(self, thing: str) -> Iterator[None]:
        """Around every use of `service`.

        Raises, with `thing` in the message: `Reject` when the request itself is refused, `PermissionDenied` when the
        user lacks a capability, `Misconfigured` for the credential, the certificate or the address, `Retry` when
        splunkd does not answer.
        """
        try:
            yield
        except self._sdk.HTTPError as error:
            raise self._refusal(thing, error.status, _message(error.body)) from None
        except httpx.HTTPError as error:
            raise self._unreached(error) from None
        except ParseError:
            raise self._not_splunkd() from None

    def collection(self, path: str) -> Any:
        """The SDK's collection for a path; to be used within `request` only."""
        return self._sdk.Collection(self.service, path)

    def _send(self, url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Send a request of the SDK, in the form of its handlers."""
        answer = self._http.request(
            message["method"], str(url), headers=message["headers"], content=message.get("body") or b""
        )
        if redirect := redirect_text(answer.status_code, answer.headers):
            raise Misconfigured(f"{self.url}: {redirect}; set {self.place}.url to splunkd's management port")
        if answer.is_success and "html" in answer.headers.get("content-type", ""):
            raise self._not_splunkd()
        return {
            "status": answer.status_code,
            "reason": answer.reason_phrase,
            "headers": answer.headers.multi_items(),
            "body": BytesIO(answer.content),
        }

    def _refusal(self, thing: str, status: int, message: str) -> ForwarderError:
        text = f"{thing}: HTTP {status}{f' ({message})' if message else ''}"
        if status == 401:
            cause = "the credential is wrong or has expired, or tokens are disabled (Splunk: Settings > Tokens)"
            return Misconfigured(f"{text} from {self.url}: {cause}; correct {self.place}")
        if status in (402, 403):
            return PermissionDenied(text)
        return Retry(text) if status in (408, 429) or status >= 500 else Reject(f"http-{status}", text)

    def _not_splunkd(self) -> Misconfigured:
        fix = f"set {self.place}.url to splunkd's management port, often {PORT}"
        return Misconfigured(f"the answer of {self.url} is not splunkd's: {fix}")

    def _unreached(self, error: httpx.HTTPError) -> ForwarderError:
        if names_certificate(error):
            fix = f"set {self.place}.ca_file to its authority, or server_name or fingerprint; verification is never off"
            return Misconfigured(f"{self.url}: the certificate is not trusted ({error}); {fix}")
        return Retry(explain(error, self.url, f"{self.place}.url"))


def _sdk() -> ModuleType:
    try:
        return import_module("splunklib.client")
    except ImportError:
        raise Misconfigured("`claude-siem splunk` needs the extra: pip install 'claude-siem[splunk]'") from None


def _credential(place: str, sink: str, settings: ManagementSettings) -> dict[str, Any]:
    """The SDK's arguments for a token, or for a user who signs in."""
    if settings.token or settings.token_file:
        return {"splunkToken": Secret(f"{place}.token", settings.token, settings.token_file).reveal()}
    if settings.user:
        password = Secret(f"{place}.password", settings.password, settings.password_file)
        return {"username": settings.user, "password": password.reveal(), "autologin": True}
    variable = _ENVIRONMENT.format(sink.upper())
    raise Misconfigured(f"{place}: no credential: set {variable} for this command, or token_file, or user and password")


def _message(body: bytes) -> str:
    """The message in splunkd's error; empty for another answer."""
    try:
        return " ".join((XML(body).findtext("./messages/msg") or "").split())
    except ParseError:
        return ""


def is_on(value: object) -> bool:
    """Whether the text of an entry means yes: `1` or, at times, `true`; a missing one means no."""
    return str(value).lower() in ("1", "true", "t")


def texts(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list in an entry, which may be text with commas or missing."""
    value = content.get(key) or ""
    listed = value if isinstance(value, list) else str(value).split(",")
    return tuple(one.strip() for one in listed if one.strip())
