"""Settings of a Sentinel sink: the data collection rule, who signs in, and the workspace for `claude-siem sentinel`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from forwarder.config import Section, Url
from forwarder.records import STREAMS, Stream
from forwarder.sinks.base import SinkSettings


def _default_streams() -> dict[Stream, str]:
    return {stream: f"Custom-Claude{stream.capitalize()}_CL" for stream in STREAMS}


class ApplicationSettings(Section):
    """Who signs in to Microsoft Entra. Without client_id: managed or workload identity, or `az login`."""

    tenant_id: str | None = Field(
        None, description="Microsoft Entra tenant; with client_id", examples=["00000000-0000-0000-0000-000000000000"]
    )
    client_id: str | None = Field(
        None,
        description="application that signs in; none: managed or workload identity",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    client_secret: SecretStr | None = Field(None, description="its secret")
    client_secret_file: Path | None = Field(
        None, description="file that holds the secret", examples=["/run/secrets/sentinel_client_secret"]
    )
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
"""Azure accepts and returns ids in either case."""


class WorkspaceSettings(ApplicationSettings):
    """The workspace behind the rule, for `claude-siem sentinel …` only: the service never connects to it."""

    workspace: str | None = Field(
        None,
        pattern=_WORKSPACE,
        description="resource id (the workspace in the portal: Properties)",
    )
    resource_manager_url: Url | None = Field(None, description="Resource Manager; none: that of the authority's cloud")
    logs_url: Url | None = Field(None, description="Log Analytics query API; none: that of the authority's cloud")


class SentinelSettings(SinkSettings, ApplicationSettings):
    """Azure Monitor's Logs Ingestion API, in front of Microsoft Sentinel."""

    type: Literal["sentinel"] = "sentinel"
    endpoint: Url = Field(
        description="logs ingestion endpoint of the data collection rule",
        examples=["https://example.westeurope-1.ingest.monitor.azure.com"],
    )
    rule_id: str = Field(
        pattern=r"^dcr-[0-9a-f]{32}$",
        description="immutable id of the data collection rule",
        examples=["dcr-00000000000000000000000000000000"],
    )
    authority: Url = Field("https://login.microsoftonline.com", description="authority that issues tokens")
    ca_file: Path | None = Field(None, description="extra CA bundle for the endpoint and the authority")
    streams: dict[Stream, str] = Field(default_factory=_default_streams, description="stream names of the rule")
    management: WorkspaceSettings = Field(
        default_factory=WorkspaceSettings, description="the workspace behind the rule, see below"
    )

    @property
    def address(self) -> str:
        """See `SinkSettings.address`."""
        return self.endpoint
