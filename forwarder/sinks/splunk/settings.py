"""Settings of a Splunk sink: the HEC, and splunkd's management port for `claude-siem splunk`."""

import ssl
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from forwarder.config import Seconds, Url
from forwarder.records import Stream
from forwarder.sinks.base import SinkSettings
from forwarder.sinks.splunk.certificate import CertificateSettings


class ManagementSettings(CertificateSettings):
    """splunkd's management port, for `claude-siem splunk …` only: the service never connects to it."""

    url: Url | None = Field(None, description="`https://HOST:8089`; Splunk Cloud: `https://STACK.splunkcloud.com:8089`")
    token: SecretStr | None = Field(None, description="authentication token of a user (Splunk: Settings > Tokens)")
    token_file: Path | None = Field(None, description="file that holds it")
    user: str | None = Field(None, description="user to sign in, instead of a token; with password")
    password: SecretStr | None = Field(None, description="the user's password")
    password_file: Path | None = Field(None, description="file that holds it")

    @model_validator(mode="after")
    def _one_credential(self) -> "ManagementSettings":
        password = self.password or self.password_file
        if bool(self.user) != bool(password):
            raise ValueError("user and password_file go together")
        if password and (self.token or self.token_file):
            raise ValueError("a token and a user are both set; keep one")
        return self


class SplunkSettings(SinkSettings, CertificateSettings):
    """A Splunk HTTP Event Collector."""

    type: Literal["splunk"] = "splunk"
    url: Url = Field(
        description="`https://HOST:8088`; Splunk Cloud: `https://http-inputs-STACK.splunkcloud.com`",
        examples=["https://splunk.example.com:8088"],
    )
    token: SecretStr | None = Field(None, description="HEC token")
    token_file: Path | None = Field(None, description="file that holds it", examples=["/run/secrets/splunk_hec_token"])
    index: str = Field("claude", description="index of stream `activity`", examples=["claude"])
    indexes: dict[Stream, str] = Field({}, description="index by stream, if other than INDEX and INDEX_STREAM")
    ack: Literal["auto", "on", "off"] = Field(
        "auto", description="wait for indexer acknowledgement: if the token has it, always, never"
    )
    ack_timeout: Seconds = Field(
        "5m",
        ge=1,
        validate_default=True,
        description="events not acknowledged by then are sent once more, and then dead letters",
    )
    management: ManagementSettings = Field(
        default_factory=ManagementSettings,
        description="splunkd's management port, see below; its certificate is verified as the sink's, where it has no "
        "`ca_file`, `server_name` or `fingerprint` of its own",
    )

    def addresses(self) -> tuple[str, ...]:
        """See `SinkSettings.addresses`."""
        return (self.url,)

    def index_of(self, stream: Stream) -> str:
        """The index that events of `stream` go to."""
        return self.indexes.get(stream) or (self.index if stream == "activity" else f"{self.index}_{stream}")

    def management_context(self) -> ssl.SSLContext:
        """TLS with splunkd's management port. Raises as `context`."""
        own = self.management
        return (own if own.ca_file or own.proves_certificate() else self).context()

    @model_validator(mode="after")
    def _a_token(self) -> "SplunkSettings":
        if not (self.token or self.token_file):
            raise ValueError("no token: set token_file (Splunk: Settings > Data inputs > HTTP Event Collector)")
        return self
