"""Tokens for Azure Monitor by azure-identity: with a secret, a certificate, or the machine's own identity."""

import atexit
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import certifi

from forwarder.config import Secret
from forwarder.sinks.sentinel.settings import ApplicationSettings, SentinelSettings
from forwarder.tls import trust

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class AzureCloud(NamedTuple):
    """One of Azure's clouds."""

    ingestion_scope: str
    """Scope of a token for the Logs Ingestion API."""
    resource_manager: str
    resource_manager_scope: str
    logs: str
    """The Log Analytics query API, whose scope is its own address."""


_CHINA = AzureCloud(
    "https://monitor.azure.cn/.default",
    "https://management.chinacloudapi.cn",
    "https://management.chinacloudapi.cn/.default",
    "https://api.loganalytics.azure.cn",
)
PUBLIC = "login.microsoftonline.com"
CLOUDS = {
    PUBLIC: AzureCloud(
        "https://monitor.azure.com/.default",
        "https://management.azure.com",
        "https://management.azure.com/.default",
        "https://api.loganalytics.io",
    ),
    "login.microsoftonline.us": AzureCloud(
        "https://monitor.azure.us/.default",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/.default",
        "https://api.loganalytics.us",
    ),
    "login.chinacloudapi.cn": _CHINA,
    "login.partner.microsoftonline.cn": _CHINA,
}
"""Microsoft's own authorities (REST reference, Logs Ingestion; azure-mgmt-core, azure-monitor-query: clouds)."""


_REFUSALS = ("AADSTS", "failed to retrieve a token")


def names_refusal(text: str) -> bool:
    """Whether an error of azure-identity, which has no status, is a refusal of Entra's or a machine without identity.

    Anything else, such as no connection, may succeed later.
    """
    return any(phrase in text for phrase in _REFUSALS)


def transport_options(settings: SentinelSettings) -> dict[str, Any]:
    """Options of one client of Azure's: no retries (they are ours), no redirects, and a transport of its own.

    The transport has time limits and trusts the usual roots, or those of `REQUESTS_CA_BUNDLE`, and `ca_file`. Raises
    `Misconfigured` for an unreadable `ca_file`.
    """
    from forwarder.sinks.sentinel.transport import AzureTransport

    verify = _bundle(settings.ca_file) if settings.ca_file else os.environ.get("REQUESTS_CA_BUNDLE") or True
    transport = AzureTransport(connection_timeout=10, read_timeout=60, connection_verify=verify)
    return {"retry_total": 0, "permit_redirects": False, "transport": transport}


@cache
def _bundle(ca_file: Path) -> str:
    """One file with the usual roots and `ca_file`: requests takes a single bundle, which replaces its own."""
    trust(ca_file)
    with tempfile.NamedTemporaryFile("wb", prefix="claude-siem-roots-", suffix=".pem", delete=False) as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes())
    atexit.register(Path(bundle.name).unlink, missing_ok=True)
    return bundle.name


def cloud(settings: SentinelSettings) -> AzureCloud:
    """The authority's own cloud, else the public one."""
    return CLOUDS.get(urlsplit(settings.authority).hostname or PUBLIC, CLOUDS[PUBLIC])


def build_credential(
    application: ApplicationSettings, secret: Secret, authority: str, options: Mapping[str, Any]
) -> "TokenCredential":
    """The credential that `application` describes; instance discovery only at Microsoft's own authorities.

    `options` are those of the transport.
    """
    from azure.identity import CertificateCredential, ClientSecretCredential, DefaultAzureCredential

    parameters: dict[str, Any] = {"authority": authority, **options}
    if urlsplit(authority).hostname not in CLOUDS:
        parameters["disable_instance_discovery"] = True
    tenant, client = application.tenant_id or "", application.client_id or ""
    if application.certificate_file:
        path = str(application.certificate_file)
        return CertificateCredential(tenant, client, path, **parameters)
    if application.client_secret or application.client_secret_file:
        return ClientSecretCredential(tenant, client, secret.reveal(), **parameters)
    return DefaultAzureCredential(**parameters)
