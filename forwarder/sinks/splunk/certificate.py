"""How Splunk proves who it is: the settings that HEC and splunkd's management port share."""

import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from forwarder.config import Section
from forwarder.tls import pinned, trust

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOST_NAME = r"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$"


def _sha256(value: Any) -> str | None:
    """64 hexadecimal digits in lower case, from what openssl and browsers show: upper case, with colons."""
    if value is None:
        return None
    digits = str(value).replace(":", "").lower()
    if not _SHA256.fullmatch(digits):
        raise ValueError(
            "is not a SHA-256 fingerprint, which has 64 hexadecimal digits; "
            "`openssl x509 -noout -fingerprint -sha256 -in FILE` shows that of a certificate"
        )
    return digits


Fingerprint = Annotated[str | None, BeforeValidator(_sha256)]


class CertificateSettings(Section):
    """By which certificate the other side is known. TLS is verified in every case."""

    ca_file: Path | None = Field(None, description="extra CA bundle")
    server_name: str | None = Field(
        None,
        max_length=253,
        pattern=_HOST_NAME,
        description="name that the certificate must have; none: the host of the url",
    )
    fingerprint: Fingerprint = Field(
        None,
        description="SHA-256 fingerprint of the one certificate to accept, whatever its name and its issuer; "
        "for Splunk's stock certificate",
    )

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        others = [name for name in ("ca_file", "server_name") if getattr(self, name)]
        if self.fingerprint and others:
            raise ValueError(f"fingerprint and {others[0]} are both set; a pinned certificate needs no other proof")
        if self.proves_certificate() and str(getattr(self, "url", None) or "https:").startswith("http:"):
            raise ValueError("server_name and fingerprint are of a certificate, but the url is http://; use https://")
        return self

    def proves_certificate(self) -> bool:
        """Whether the certificate is known by more than the trusted roots and the host's name."""
        return bool(self.server_name or self.fingerprint)

    def context(self) -> ssl.SSLContext:
        """TLS as these settings verify it. Raises `Misconfigured` for an unreadable `ca_file`."""
        return pinned(self.fingerprint) if self.fingerprint else trust(self.ca_file, self.server_name)
