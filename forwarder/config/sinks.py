"""Where events go: Splunk, Sentinel, the archive; and what stands behind the first two, for commands alone."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from forwarder.config.section import Section, Url
from forwarder.config.units import Seconds
from forwarder.records import STREAMS, Stream


class ManagementSettings(Section):
    """splunkd's management port, for `claude-siem splunk …` alone: the service never asks it."""

    url: Url | None = Field(None, description="`https://HOST:8089`; Splunk Cloud: `https://STACK.splunkcloud.com:8089`")
    token: SecretStr | None = Field(None, description="authentication token of a user (Splunk: Settings > Tokens)")
    token_file: Path | None = Field(None, description="file that holds it")
    user: str | None = Field(None, description="user to sign in, instead of a token; with password")
    password: SecretStr | None = Field(None, description="the user's password")
    password_file: Path | None = Field(None, description="file that holds it")
    ca_file: Path | None = Field(None, description="extra CA bundle; none: that of the sink")

    @model_validator(mode="after")
    def _one_credential(self) -> "ManagementSettings":
        password = self.password or self.password_file
        if self.url and "@" in urlsplit(self.url).netloc:
            raise ValueError("url holds a credential, which would be shown; set user and password_file")
        if bool(self.user) != bool(password):
            raise ValueError("user and password_file go together")
        if password and (self.token or self.token_file):
            raise ValueError("a token and a user are both set; keep one")
        return self


class SplunkSettings(Section):
    """A Splunk HTTP Event Collector."""

    type: Literal["splunk"] = "splunk"
    enabled: bool = Field(True, description="whether events are sent there")
    url: Url = Field(description="`https://HOST:8088`; Splunk Cloud: `https://http-inputs-STACK.splunkcloud.com`")
    token: SecretStr | None = Field(None, description="HEC token")
    token_file: Path | None = Field(None, description="file that holds it")
    index: str = Field("claude", description="index of stream `activity`")
    indexes: dict[Stream, str] = Field({}, description="index of a stream, where it is not INDEX or INDEX_STREAM")
    ack: Literal["auto", "on", "off"] = Field(
        "auto", description="wait for indexer acknowledgement: where the token gives it, always, never"
    )
    ack_timeout: Seconds = Field(
        "5m", ge=1, validate_default=True, description="what is not acknowledged by then is sent once more"
    )
    ca_file: Path | None = Field(None, description="extra CA bundle")
    management: ManagementSettings = Field(
        default_factory=ManagementSettings, description="splunkd's management port, see below"
    )

    def index_of(self, stream: Stream) -> str:
        """The index that events of `stream` go to."""
        return self.indexes.get(stream) or (self.index if stream == "activity" else f"{self.index}_{stream}")

    @model_validator(mode="after")
    def _a_token(self) -> "SplunkSettings":
        if not (self.token or self.token_file):
            raise ValueError("no token: set token_file (Splunk: Settings > Data inputs > HTTP Event Collector)")
        return self


def _default_streams() -> dict[Stream, str]:
    return {stream: f"Custom-Claude{stream.capitalize()}_CL" for stream in STREAMS}


class ApplicationSettings(Section):
    """Who signs in to Microsoft Entra; nothing set: what the machine has (managed or workload identity, `az login`)."""

    tenant_id: str | None = Field(None, description="Microsoft Entra tenant; with client_id")
    client_id: str | None = Field(None, description="application that signs in; none: managed or workload identity")
    client_secret: SecretStr | None = Field(None, description="its secret")
    client_secret_file: Path | None = Field(None, description="file that holds it")
    certificate_file: Path | None = Field(None, description="PEM with certificate and key, instead of a secret")

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        secret = self.client_secret or self.client_secret_file
        if (secret or self.certificate_file) and not (self.tenant_id and self.client_id):
            raise ValueError("client_secret or certificate_file need tenant_id and client_id")
        if secret and self.certificate_file:
            raise ValueError("client_secret and certificate_file are both set; keep one")
        return self


_WORKSPACE = (
    r"^/subscriptions/[^/]+/resource[gG]roups/[^/]+"
    r"/providers/[mM]icrosoft\.[oO]perational[iI]nsights/[wW]orkspaces/[^/]+$"
)
"""Azure takes ids in either case, and gives them in both."""


class WorkspaceSettings(ApplicationSettings):
    """The workspace behind the rule, for `claude-siem sentinel …` alone: the service never asks it."""

    workspace: str | None = Field(
        None,
        pattern=_WORKSPACE,
        description="resource id (the workspace in the portal: Properties)",
    )
    resource_manager_url: Url | None = Field(None, description="Resource Manager; none: that of the authority's cloud")
    logs_url: Url | None = Field(None, description="Log Analytics query API; none: that of the authority's cloud")


class SentinelSettings(ApplicationSettings):
    """Azure Monitor's Logs Ingestion API, in front of Microsoft Sentinel."""

    type: Literal["sentinel"] = "sentinel"
    enabled: bool = Field(True, description="whether events are sent there")
    endpoint: Url = Field(description="logs ingestion address of the data collection rule")
    rule_id: str = Field(pattern=r"^dcr-[0-9a-f]{32}$", description="immutable id of the data collection rule")
    authority: Url = Field("https://login.microsoftonline.com", description="where tokens come from")
    ca_file: Path | None = Field(None, description="extra CA bundle for the ingestion and the token address")
    streams: dict[Stream, str] = Field(default_factory=_default_streams, description="stream names of the rule")
    management: WorkspaceSettings = Field(
        default_factory=WorkspaceSettings, description="the workspace behind the rule, see below"
    )


class ArchiveSettings(Section):
    """A folder of gzip NDJSON, each line chained to the one before by its hash."""

    type: Literal["archive"] = "archive"
    enabled: bool = Field(True, description="whether events are written there")
    path: Path = Field(description="the folder")
    keep: int | None = Field(None, ge=1, le=36500, description="for how many days a day is kept; none: for ever")


AnySink = SplunkSettings | SentinelSettings | ArchiveSettings
SinkSettings = Annotated[AnySink, Field(discriminator="type")]
