"""The settings model: every key, its default and its meaning. `docs/configuration.md` is made from it."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from forwarder.config.secrets import Secret
from forwarder.config.units import Address, Bytes, Seconds, Start
from forwarder.records import STREAMS, Stream


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _https_or_loopback(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not an address ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an https:// address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{url!r} would send secrets in the clear; plain http:// is for loopback addresses only")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_https_or_loopback)]


class Section(BaseModel):
    """A part of the file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _one_form_a_secret(self) -> "Section":
        for name in type(self).model_fields:
            if name.endswith("_file") and getattr(self, name) and getattr(self, name.removesuffix("_file"), None):
                raise ValueError(f"{name.removesuffix('_file')} and {name} are both set; keep one")
        return self


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


class WorkspaceSettings(ApplicationSettings):
    """The workspace behind the rule, for `claude-siem sentinel …` alone: the service never asks it."""

    workspace: str | None = Field(
        None,
        pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.OperationalInsights/workspaces/[^/]+$",
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


class StoreSettings(Section):
    """What was read and not yet confirmed by every sink."""

    url: str = Field(
        "sqlite:////var/lib/claude-siem/store.db",
        pattern=r"^sqlite:///.+",
        description="four slashes: an absolute path, three: a relative one",
    )
    max_bytes: Bytes = Field("8GiB", validate_default=True, description="full: collecting pauses, nothing is dropped")
    dead_letters_keep: Seconds = Field("90d", validate_default=True, description="how long refused events are kept")

    @property
    def path(self) -> Path:
        """The file of a SQLite store."""
        return Path(self.url.removeprefix("sqlite:///"))


class StatusSettings(Section):
    """Health, readiness, metrics and the status page."""

    listen: Address = Field("127.0.0.1:8080", validate_default=True, description="address to listen on")


class Account(Section):
    """An organization's keys, and what is read with them."""

    anthropic: AnthropicSettings
    sources: Sources = Field(default_factory=Sources)

    @model_validator(mode="after")
    def _an_admin_key(self) -> "Account":
        names = self.sources.of_admin_api
        if names and not (self.anthropic.admin_key or self.anthropic.admin_key_file):
            raise ValueError(f"sources.{names[0]} needs anthropic.admin_key_file (an Admin API key, sk-ant-admin01-…)")
        return self


class Settings(Account):
    """The whole file."""

    accounts: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], Account] = Field(
        {}, description="name: `anthropic` and `sources` of a further organization or key"
    )
    sinks: dict[str, SinkSettings] = Field(description="name: settings; `type` is taken from the name when it is one")
    store: StoreSettings = Field(default_factory=StoreSettings)
    status: StatusSettings = Field(default_factory=StatusSettings)

    @model_validator(mode="before")
    @classmethod
    def _type_from_name(cls, data: Any) -> Any:
        sinks = data.get("sinks") if isinstance(data, dict) else None
        if not isinstance(sinks, dict):
            return data
        named = {n: {"type": n, **s} if isinstance(s, dict) else s for n, s in sinks.items()}
        return {**data, "sinks": named}

    @model_validator(mode="after")
    def _a_sink(self) -> "Settings":
        if not self.enabled_sinks():
            raise ValueError("no sink is enabled: enable one under sinks (splunk, sentinel or archive)")
        return self

    @model_validator(mode="after")
    def _one_receiver(self) -> "Settings":
        for name, account in self.accounts.items():
            if account.sources.otlp.enabled:
                raise ValueError(f"accounts.{name}.sources.otlp: there is one receiver, sources.otlp")
        return self

    def every_account(self) -> dict[str, Account]:
        """The accounts by name; the first one, which stands at the top of the file, has none."""
        return {"": self, **self.accounts}

    def enabled_sinks(self) -> dict[str, AnySink]:
        """The sinks that events are sent to, by name."""
        return {name: sink for name, sink in self.sinks.items() if sink.enabled}
