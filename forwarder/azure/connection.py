"""The connection to Azure: Microsoft's own clients, their errors as ours.

Invariants: TLS is verified; every request has a time limit; the credential is in no message. Source: azure-core 1.41,
`exceptions`; Azure Resource Manager, "Common error codes"; Log Analytics query API, "Errors".
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    DeserializationError,
    HttpResponseError,
    IncompleteReadError,
)

from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import ForwarderError, Misconfigured, Reject, Retry
from forwarder.http_client import redirect_text, retry_after
from forwarder.redaction import shorten
from forwarder.siem.check import PermissionDenied
from forwarder.sinks.sentinel import ApplicationSettings, SentinelSettings
from forwarder.sinks.sentinel.credential import build_credential, cloud, names_refusal, transport_options

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

RETRIES = 3
"""Retries of the clients themselves, after the pause that Azure asks for."""
_EXTRA = "azure.mgmt.loganalytics"
"""A module that only the extra installs."""
_ABSENT = "http-404"
Found = TypeVar("Found")
_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"


class WorkspaceId(NamedTuple):
    """A Log Analytics workspace, by the parts of its resource id."""

    resource_id: str
    subscription: str
    group: str
    name: str

    @classmethod
    def of(cls, resource_id: str) -> "WorkspaceId":
        """The workspace with this resource id, which the settings have checked."""
        parts = resource_id.split("/")
        return cls(resource_id, parts[2], parts[4], parts[8])


class Azure:
    """The workspace and the collection rule behind one Sentinel sink. Its clients are to be used within `request` only.

    A context manager. Raises `Misconfigured` without the extra, or without `management.workspace`.
    """

    def __init__(self, sink: str, settings: SentinelSettings) -> None:
        """`sink` is the sink's name in the settings. Sends no request yet."""
        _module(_EXTRA)
        self.sink = sink
        self.place = f"sinks.{sink}.management"
        self.settings = settings
        self.workspace = _workspace(self.place, settings.management.workspace)
        own = cloud(settings)
        self._scope = own.resource_manager_scope
        self._resource_manager = settings.management.resource_manager_url or own.resource_manager
        self._logs_url, self._logs_scope = settings.management.logs_url or own.logs, f"{own.logs}/.default"
        self._clients: list[Any] = []

    def __enter__(self) -> "Azure":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()

    @contextmanager
    def request(self, thing: str, place: str | None = None) -> Iterator[None]:
        """Around every use of a client. `place`: whose credential it is in the settings, else that of `management`.

        Raises, with `thing` in the message: `Reject` when the request itself is refused (`http-404`: not found),
        `PermissionDenied` when the identity lacks a permission, `Misconfigured` for the credential, the certificate or
        the address, `Retry` when Azure does not answer.
        """
        try:
            yield
        except HttpResponseError as error:
            raise self._refusal(thing, error, place or self.place) from None
        except AzureError as error:
            raise self._unreached(thing, error, place or self.place) from None
        except (JSONDecodeError, DeserializationError) as error:
            raise self._not_azure(thing, str(error)) from None

    def get_or_none(self, thing: str, read: Callable[[], Found]) -> Found | None:
        """The result of `read`; `None` for a 404. Raises as `request`."""
        try:
            with self.request(thing):
                return read()
        except Reject as refused:
            if refused.reason == _ABSENT:
                return None
            raise

    @cached_property
    def credential(self) -> "TokenCredential":
        """The management identity: `management`'s application, else the identity of the machine."""
        return self.credential_of(self.settings.management, self.place)

    def credential_of(self, application: ApplicationSettings, place: str) -> "TokenCredential":
        """The credential that the settings at `place` describe. Raises `Misconfigured`."""
        secret = Secret(f"{place}.client_secret", application.client_secret, application.client_secret_file)
        try:
            return build_credential(application, secret, self.settings.authority, transport_options(self.settings))
        except (ValueError, OSError) as error:
            raise Misconfigured(f"{place}: Azure's client refuses a setting: {error}") from None

    @cached_property
    def monitor(self) -> Any:
        """`MonitorManagementClient`: collection rules, diagnostic settings."""
        return self._client("azure.mgmt.monitor", "MonitorManagementClient")

    @cached_property
    def log_analytics(self) -> Any:
        """`LogAnalyticsManagementClient`: the workspace, its tables and functions."""
        return self._client("azure.mgmt.loganalytics", "LogAnalyticsManagementClient")

    @cached_property
    def sentinel(self) -> Any:
        """`SecurityInsightsMgmtClient`: whether Sentinel is on, rules, watchlists."""
        return self._client("azure.mgmt.securityinsight", "SecurityInsightsMgmtClient")

    @cached_property
    def authorization(self) -> Any:
        """`AuthorizationManagementClient`: role assignments."""
        return self._client("azure.mgmt.authorization", "AuthorizationManagementClient")

    @cached_property
    def deployments(self) -> Any:
        """`DeploymentsMgmtClient`: validation and what-if of a template."""
        return self._client("azure.mgmt.resource.deployments", "DeploymentsMgmtClient")

    @cached_property
    def logs(self) -> Any:
        """`LogsQueryClient`: queries."""
        kind = _module("azure.monitor.query").LogsQueryClient
        return self._kept(
            kind(self.credential, endpoint=self._logs_url, credential_scopes=[self._logs_scope], **self._options())
        )

    def _client(self, module: str, name: str) -> Any:
        kind = getattr(_module(module), name)
        options = {"base_url": self._resource_manager, "credential_scopes": [self._scope], **self._options()}
        return self._kept(kind(self.credential, self.workspace.subscription, **options))

    def _options(self) -> dict[str, Any]:
        return {**transport_options(self.settings), "retry_total": RETRIES}

    def _kept(self, client: Any) -> Any:
        self._clients.append(client)
        return client

    def _refusal(self, thing: str, error: HttpResponseError, place: str) -> ForwarderError:
        status = error.status_code
        text = f"{thing}: HTTP {status} ({_message(error)})"
        if redirect := redirect_text(status, getattr(error.response, "headers", {})):
            return Misconfigured(f"{thing}: {redirect}; check the addresses in {self.place}")
        if status is None or status < 400 or (status < 500 and _unreadable(error)):
            return self._unreached(thing, error, place)
        if status == 401:
            return Misconfigured(f"{text}: the token is not accepted; check {place} and the authority's cloud")
        if status == 403:
            return PermissionDenied(text)
        if status in (408, 429) or status >= 500:
            return Retry(text, retry_after(getattr(error.response, "headers", {})))
        return Reject(f"http-{status}", text)

    def _unreached(self, thing: str, error: AzureError, place: str) -> ForwarderError:
        message = _message(error)
        if _CERTIFICATE in message:
            fix = "set the sink's ca_file to the certificate authority; verification is never off"
            return Misconfigured(f"{thing}: the certificate is not trusted ({message}); {fix}")
        if isinstance(error, ClientAuthenticationError) or names_refusal(message):
            fix = f"correct {place} (tenant_id, client_id, client_secret_file), or sign in with `az login`"
            authority = (self.settings.authority, f"{self.place}.authority")
            why = message if names_refusal(message) else explain(error, *authority)
            return Misconfigured(f"{thing}: no token ({why}); {fix}")
        if _unreadable(error):
            return self._not_azure(thing, message)
        return Retry(f"{thing}: {explain(error, self._resource_manager, self.place)}")

    def _not_azure(self, thing: str, message: str) -> ForwarderError:
        return Misconfigured(f"{thing}: the answer is not Azure's ({message}); check the addresses in {self.place}")


def _workspace(place: str, resource_id: str | None) -> WorkspaceId:
    if resource_id is None:
        raise Misconfigured(f"{place}.workspace is not set: set the workspace's resource id (portal: its Properties)")
    return WorkspaceId.of(resource_id)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise Misconfigured("`claude-siem sentinel` needs the extra: pip install 'claude-siem[sentinel]'") from None


def _unreadable(error: AzureError) -> bool:
    """Whether a complete answer with a good status is not one of Azure's."""
    good = isinstance(error, HttpResponseError) and 0 < (error.status_code or 0) < 400
    return (good or isinstance(error, DecodeError)) and not isinstance(error, IncompleteReadError)


def _message(error: AzureError) -> str:
    """The first line of Azure's message and the innermost reason, which hold no credential."""
    text = (str(error.message).strip().splitlines() or [type(error).__name__])[0]
    inner = _innermost(getattr(getattr(error, "error", None), "innererror", None) or {})
    return shorten(f"{text}: {' '.join(inner.split())}" if inner else text, 300)


def _innermost(inner: Mapping[str, Any]) -> str:
    """Code and message of the innermost of nested errors; empty where there is none."""
    while isinstance(inner.get("innererror"), dict):
        inner = inner["innererror"]
    return " ".join(str(inner[key]) for key in ("code", "message") if inner.get(key))
