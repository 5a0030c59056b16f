"""Tokens for Azure Monitor by azure-identity: a secret, a certificate, or what the machine itself has."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forwarder.config import Secret, SentinelSettings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

MICROSOFT_AUTHORITIES = {
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
}


def build_credential(settings: SentinelSettings, secret: Secret) -> "TokenCredential":
    """The credential that `settings` describe; instance discovery only at Microsoft's own authorities."""
    from azure.identity import CertificateCredential, ClientSecretCredential, DefaultAzureCredential

    options: dict[str, Any] = {"authority": settings.authority}
    if urlsplit(settings.authority).hostname not in MICROSOFT_AUTHORITIES:
        options["disable_instance_discovery"] = True
    if settings.ca_file:
        options["connection_verify"] = str(settings.ca_file)
    if settings.certificate_file:
        path = str(settings.certificate_file)
        return CertificateCredential(settings.tenant_id or "", settings.client_id or "", path, **options)
    if settings.client_secret or settings.client_secret_file:
        return ClientSecretCredential(settings.tenant_id or "", settings.client_id or "", secret.reveal(), **options)
    return DefaultAzureCredential(**options)
