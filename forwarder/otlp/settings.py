"""Where telemetry is received, from whom, and what is kept of its content.

A file of its own because reading a configuration must not import the receiver, which most installations do without.
"""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from forwarder.config import Address, Secret, Section, is_loopback

_ORIGIN = re.compile(r"https?://[a-z0-9.:\[\]-]+")
_MOST_ORIGINS = 64


def _origin(value: str) -> str:
    """An origin as browsers send it."""
    host = urlsplit(value).hostname if _ORIGIN.fullmatch(value) else None
    if not host or value.endswith((":", ":80", ":443")):
        raise ValueError(f"{value!r} is not an origin; write for example https://addin.example, without path and slash")
    if value.startswith("http:") and not is_loopback(host):
        raise ValueError(f"{value!r} could be anybody's page on an unencrypted network; only https:// is allowed")
    return value


class OtlpSettings(Section):
    """Telemetry of Claude Code, Cowork and Office agents, which they send by OTLP/HTTP or OTLP/gRPC."""

    enabled: bool = Field(False, description="whether it is taken")
    listen: Address = Field("127.0.0.1:4318", validate_default=True, description="address to listen on for OTLP/HTTP")
    grpc_listen: Address | None = Field(
        None, description="address to listen on for OTLP/gRPC, such as `127.0.0.1:4317`; with the same token and TLS"
    )
    allowed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (),
        max_length=_MOST_ORIGINS,
        description="origins of web pages that may send (CORS), such as Office add-ins: `[https://addin.example]`",
    )
    bearer_token: SecretStr | None = Field(None, description="what clients must send as `Authorization: Bearer …`")
    bearer_token_file: Path | None = Field(None, description="file that holds it")
    certificate_file: Path | None = Field(None, description="PEM of its own certificate chain, for TLS; with key_file")
    key_file: Path | None = Field(None, description="PEM of the certificate's key")
    client_ca_file: Path | None = Field(None, description="PEM of the authorities of clients' certificates (mTLS)")
    mode: Literal["metadata", "hash", "full"] = Field(
        "metadata", description="what becomes of prompts, answers and tool input: only lengths, hashes, or all of it"
    )

    @model_validator(mode="after")
    def _whole_tls(self) -> "OtlpSettings":
        if bool(self.certificate_file) != bool(self.key_file) or (self.client_ca_file and not self.key_file):
            raise ValueError("certificate_file and key_file go together, and client_ca_file needs both")
        return self

    @model_validator(mode="after")
    def _two_addresses(self) -> "OtlpSettings":
        if self.grpc_listen == self.listen:
            raise ValueError("grpc_listen is the same address as listen; use another port, such as 4317")
        return self

    def token(self) -> Secret | None:
        """The token that clients must send, if any."""
        if self.bearer_token or self.bearer_token_file:
            return Secret("sources.otlp.bearer_token", self.bearer_token, self.bearer_token_file)
        return None
