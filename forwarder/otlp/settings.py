"""Where telemetry is received, from whom, and what is kept of its content.

A file of its own because reading a configuration must not import the receiver, which most installations do without.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from forwarder.config import Address, Secret, Section


class OtlpSettings(Section):
    """Telemetry of Claude Code, Cowork and Office agents, which they send by OTLP/HTTP."""

    enabled: bool = Field(False, description="whether it is taken")
    listen: Address = Field("127.0.0.1:4318", validate_default=True, description="address to listen on")
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

    def token(self) -> Secret | None:
        """The token that clients must send, if any."""
        if self.bearer_token or self.bearer_token_file:
            return Secret("sources.otlp.bearer_token", self.bearer_token, self.bearer_token_file)
        return None
