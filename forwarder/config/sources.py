"""What is read: keys of Anthropic's APIs, the sources, the receiver of telemetry."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from forwarder.config.secrets import Secret
from forwarder.config.section import Section, Url
from forwarder.config.units import Address, Seconds, Start


def place_of(account: str) -> str:
    """Where the settings of an account stand in the file, up to the dot."""
    return f"accounts.{account}." if account else ""


class AnthropicSettings(Section):
    """One account of Anthropic's APIs."""

    base_url: Url = Field("https://api.anthropic.com", description="address of Anthropic's API")
    compliance_key: SecretStr | None = Field(
        None, description="Compliance Access Key, `sk-ant-api01-…`, with scope `read:compliance_activities`"
    )
    compliance_key_file: Path | None = Field(None, description="file that holds it")
    admin_key: SecretStr | None = Field(
        None, description="Admin API key, `sk-ant-admin01-…` (Console organization: its Activity Feed)"
    )
    admin_key_file: Path | None = Field(None, description="file that holds it")
    ca_file: Path | None = Field(None, description="extra CA bundle, such as a corporate proxy's")

    @model_validator(mode="after")
    def _a_key(self) -> "AnthropicSettings":
        if not (self.compliance_key or self.compliance_key_file or self.admin_key or self.admin_key_file):
            raise ValueError("no key: set compliance_key_file (Enterprise) or admin_key_file (Console organization)")
        return self

    def feed(self, account: str) -> Secret:
        """The key that reads the Activity Feed: the compliance key where there is one. `account`: see `place_of`."""
        if self.compliance_key or self.compliance_key_file:
            name = f"{place_of(account)}anthropic.compliance_key"
            return Secret(name, self.compliance_key, self.compliance_key_file)
        return self.admin(account)

    def admin(self, account: str) -> Secret:
        """The key that reads the Admin API."""
        return Secret(f"{place_of(account)}anthropic.admin_key", self.admin_key, self.admin_key_file)


class ActivitiesSettings(Section):
    """The Activity Feed of the Compliance API."""

    enabled: bool = Field(True, description="whether it is read")
    poll: Seconds = Field("30s", ge=0.1, validate_default=True, description="pause between two reads")
    settle: Seconds = Field(
        "90s",
        validate_default=True,
        description="younger rows may still be joined by late ones: the mark stays behind",
    )
    overlap: Seconds = Field("10m", validate_default=True, description="how far back late rows are looked for often")
    reconcile: Seconds = Field("3d", validate_default=True, description="how far back, once a day; finds are counted")
    start: Start = Field("24h", validate_default=True, description="how far back the first run looks, or a time")
    organizations: tuple[str, ...] = Field((), description="only these organizations; empty: all the key can see")
    exclude_types: tuple[str, ...] = Field((), description="activity types that are not read")


class ListSettings(Section):
    """A list of the Admin API: what is there, and what changed."""

    enabled: bool = Field(False, description="whether it is read")
    poll: Seconds = Field("15m", ge=0.1, validate_default=True, description="pause between two reads")


class KeyListSettings(ListSettings):
    """The API keys of the organization."""

    poll: Seconds = Field("5m", ge=0.1, validate_default=True, description="pause between two reads")


class ReportSettings(Section):
    """A report of the Admin API: figures of buckets that have ended."""

    enabled: bool = Field(False, description="whether it is read")
    poll: Seconds = Field("5m", ge=0.1, validate_default=True, description="pause between two looks for what is due")
    start: Start = Field("30d", validate_default=True, description="how far back the first run looks, or a time")


Group = Literal[
    "account_id",
    "api_key_id",
    "context_window",
    "inference_geo",
    "model",
    "service_account_id",
    "service_tier",
    "speed",
    "workspace_id",
]


class UsageSettings(ReportSettings):
    """The messages usage report: tokens."""

    start: Start = Field("7d", validate_default=True, description="how far back the first run looks, or a time")
    bucket: Literal["1m", "1h", "1d"] = Field("1h", description="width of a bucket")
    group_by: tuple[Group, ...] = Field(
        ("account_id", "service_account_id", "api_key_id", "workspace_id", "model"),
        description="what figures are told apart by",
    )


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


class Sources(Section):
    """What is read."""

    activities: ActivitiesSettings = Field(default_factory=ActivitiesSettings)
    api_keys: KeyListSettings = Field(default_factory=KeyListSettings)
    users: ListSettings = Field(default_factory=ListSettings)
    invites: ListSettings = Field(default_factory=ListSettings)
    workspaces: ListSettings = Field(default_factory=ListSettings)
    usage: UsageSettings = Field(default_factory=UsageSettings)
    cost: ReportSettings = Field(default_factory=ReportSettings)
    claude_code_usage: ReportSettings = Field(default_factory=ReportSettings)
    otlp: OtlpSettings = Field(default_factory=OtlpSettings)

    @property
    def of_admin_api(self) -> list[str]:
        """The enabled sources that an Admin API key reads."""
        names = ("api_keys", "users", "invites", "workspaces", "usage", "cost", "claude_code_usage")
        return [name for name in names if getattr(self, name).enabled]
