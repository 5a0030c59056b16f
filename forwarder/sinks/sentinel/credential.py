"""Tokens for Azure Monitor by azure-identity: a secret, a certificate, or what the machine itself has."""

import atexit
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi

from forwarder.config import Secret, SentinelSettings
from forwarder.http_client import trust

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SCOPES = {
    "login.microsoftonline.com": "https://monitor.azure.com/.default",
    "login.microsoftonline.us": "https://monitor.azure.us/.default",
    "login.chinacloudapi.cn": "https://monitor.azure.cn/.default",
    "login.partner.microsoftonline.cn": "https://monitor.azure.cn/.default",
}
"""Microsoft's own authorities, and what a token of each is asked for (REST reference, Logs Ingestion, clouds)."""
PUBLIC = "login.microsoftonline.com"


def transport_options(settings: SentinelSettings) -> dict[str, Any]:
    """No retries (they are ours), time limits, trust in the usual roots and `ca_file`. Raises `Misconfigured`."""
    options: dict[str, Any] = {"retry_total": 0, "connection_timeout": 10, "read_timeout": 60}
    if settings.ca_file:
        options["connection_verify"] = _bundle(settings.ca_file)
    return options


@cache
def _bundle(ca_file: Path) -> str:
    """One file with the usual roots and `ca_file`: requests takes a single bundle, which replaces its own."""
    trust(ca_file)
    with tempfile.NamedTemporaryFile("wb", prefix="claude-siem-roots-", suffix=".pem", delete=False) as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes())
    atexit.register(Path(bundle.name).unlink, missing_ok=True)
    return bundle.name


def scope(settings: SentinelSettings) -> str:
    """What the token is asked for: Azure Monitor of the authority's own cloud, else of the public one."""
    return SCOPES.get(urlsplit(settings.authority).hostname or PUBLIC, SCOPES[PUBLIC])


def build_credential(settings: SentinelSettings, secret: Secret) -> "TokenCredential":
    """The credential that `settings` describe; instance discovery only at Microsoft's own authorities."""
    from azure.identity import CertificateCredential, ClientSecretCredential, DefaultAzureCredential

    options: dict[str, Any] = {"authority": settings.authority, **transport_options(settings)}
    if urlsplit(settings.authority).hostname not in SCOPES:
        options["disable_instance_discovery"] = True
    if settings.certificate_file:
        path = str(settings.certificate_file)
        return CertificateCredential(settings.tenant_id or "", settings.client_id or "", path, **options)
    if settings.client_secret or settings.client_secret_file:
        return ClientSecretCredential(settings.tenant_id or "", settings.client_id or "", secret.reveal(), **options)
    return DefaultAzureCredential(**options)
