"""The model of the settings file. `docs/configuration.md` is made from it: every key, its default, its meaning."""

import os
from collections.abc import Iterator, Mapping
from functools import reduce
from importlib.resources import files
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationInfo, create_model, field_validator, model_validator

from forwarder.anthropic import AnthropicSettings
from forwarder.config import Address, Bytes, Seconds, Section, load, one_of
from forwarder.otlp import OtlpSettings
from forwarder.proxies import proxy_for
from forwarder.redaction import looks_like_secret
from forwarder.sinks import SINKS, SinkSettings, starter_section
from forwarder.sources import SOURCES, SourceSettings
from forwarder.store import URL_HELP, URL_PATTERN

if TYPE_CHECKING:
    AnySinkSettings = SinkSettings
else:
    _settings_of_sinks = (kind.settings for kind in SINKS.values())
    AnySinkSettings = Annotated[reduce(or_, _settings_of_sinks), Field(discriminator="type")]


class StoreSettings(Section):
    """The local database: events that not every sink has confirmed, watermarks, known ids and dead letters."""

    url: str = Field(
        "sqlite:////var/lib/claude-siem/store.db",
        pattern=URL_PATTERN,
        description=URL_HELP,
    )
    max_bytes: Bytes = Field(
        "8GiB",
        validate_default=True,
        description="size of the undelivered events at which collection pauses; nothing is dropped",
    )
    dead_letters_keep: Seconds = Field("90d", validate_default=True, description="retention of dead letters")


class StatusSettings(Section):
    """The HTTP server for health, readiness, metrics and the status page."""

    listen: Address = Field("127.0.0.1:8080", validate_default=True, description="address to listen on")
    allowed_hosts: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")], ...] = Field(
        (),
        max_length=64,
        description="names by which it may be asked for, beside `localhost` and every literal address: `[forwarder]`",
    )


class SourcesSection(Section):
    """The sources that are read: a key for each of `SOURCES`, and the OTLP receiver."""

    if TYPE_CHECKING:
        otlp: OtlpSettings = Field(default_factory=OtlpSettings)

        def __getattr__(self, name: str) -> Any:
            """The settings of the source of that name."""

    def enabled(self) -> dict[str, SourceSettings]:
        """The settings of the enabled sources of `SOURCES`, by name."""
        return {name: settings for name in SOURCES if (settings := getattr(self, name)).enabled}


if TYPE_CHECKING:

    class SourcesSettings(SourcesSection):
        """The sources that are read."""
else:
    _of_each_source = {name: kind.settings for name, kind in SOURCES.items()} | {"otlp": OtlpSettings}
    SourcesSettings = create_model(
        "SourcesSettings",
        __base__=SourcesSection,
        __doc__="The sources that are read.",
        **{name: (model, Field(default_factory=model)) for name, model in _of_each_source.items()},
    )


class AccountSettings(Section):
    """The keys of one organization, and the sources that are read with them."""

    sources: SourcesSettings = Field(default_factory=SourcesSettings)
    anthropic: AnthropicSettings = Field(default_factory=AnthropicSettings, validate_default=True)

    @field_validator("anthropic")
    @classmethod
    def _require_key(cls, anthropic: AnthropicSettings, info: ValidationInfo) -> AnthropicSettings:
        """The field comes after `sources`, so that these are known here."""
        sources = info.data.get("sources")
        if sources and (enabled := sources.enabled()) and not anthropic.has_key():
            raise ValueError(
                f"no key: set compliance_key_file (Enterprise) or admin_key_file (Console organization) to read "
                f"{', '.join(enabled)}; where only telemetry is received, set sources.activities.enabled to false"
            )
        return anthropic

    @model_validator(mode="after")
    def _require_admin_key(self) -> "AccountSettings":
        has_admin_key = self.anthropic.admin_key or self.anthropic.admin_key_file
        for name in () if has_admin_key else self.sources.enabled():
            if SOURCES[name].key == "admin API":
                raise ValueError(
                    f"sources.{name} needs an Admin API key (sk-ant-admin01-…): set anthropic.admin_key_file"
                )
        return self


class Settings(AccountSettings):
    """The whole file."""

    accounts: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], AccountSettings] = Field(
        {}, description="further organizations or keys by name, each with `anthropic` and `sources`"
    )
    sinks: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")], AnySinkSettings] = Field(
        description="the sinks by name; `type` is taken from the name when that is a sink type"
    )
    store: StoreSettings = Field(default_factory=StoreSettings)
    status: StatusSettings = Field(default_factory=StatusSettings)

    @model_validator(mode="before")
    @classmethod
    def _type_from_name(cls, data: Any) -> Any:
        sinks = data.get("sinks") if isinstance(data, dict) else None
        if not isinstance(sinks, dict):
            return data
        if secret := next((name for name in sinks if looks_like_secret(str(name))), None):
            raise ValueError(f"sinks.{secret}: a sink's name is shown everywhere, and this one is a secret")
        named = {n: {"type": n, **s} if isinstance(s, dict) else s for n, s in sinks.items()}
        return {**data, "sinks": named}

    @model_validator(mode="after")
    def _require_sink(self) -> "Settings":
        if not self.enabled_sinks():
            raise ValueError(f"no sink is enabled; enable one under sinks ({one_of(SINKS)})")
        return self

    @model_validator(mode="after")
    def _require_separate_addresses(self) -> "Settings":
        taken: dict[tuple[str, int], str] = {}
        for setting, address in self.listening().items():
            if address[1] and address in taken:
                raise ValueError(f"{taken[address]} and {setting} are the same address; use another port for one")
            taken[address] = setting
        return self

    @model_validator(mode="after")
    def _require_single_receiver(self) -> "Settings":
        for name, account in self.accounts.items():
            if account.sources.otlp.enabled:
                raise ValueError(
                    f"accounts.{name}.sources.otlp is enabled, but there is only one OTLP receiver; use sources.otlp"
                )
        return self

    def every_account(self) -> dict[str, AccountSettings]:
        """All accounts by name. The one at the top level of the file has the empty name."""
        return {"": self, **self.accounts}

    def listening(self) -> dict[str, tuple[str, int]]:
        """The addresses that are listened on, by setting."""
        otlp = self.sources.otlp
        further = {"sources.otlp.listen": otlp.listen, "sources.otlp.grpc_listen": otlp.grpc_listen}
        enabled = further if otlp.enabled else {}
        return {"status.listen": self.status.listen, **{name: at for name, at in enabled.items() if at}}

    def enabled_sinks(self) -> dict[str, SinkSettings]:
        """The enabled sinks by name."""
        return {name: sink for name, sink in self.sinks.items() if sink.enabled}

    def addresses(self) -> Iterator[str]:
        """Every address that the service connects to."""
        for account in self.every_account().values():
            yield account.anthropic.base_url
        for sink in self.enabled_sinks().values():
            yield from sink.addresses()


def starter_file() -> str:
    """The commented starter file."""
    template = files("forwarder.config").joinpath("starter.yaml").read_text()
    return template.replace("sinks: {}\n", starter_section())


def load_settings(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `file`, overridden by `environment`. Raises `Misconfigured` with one line per error.

    A wrong address of the proxy by which one of their addresses is reached is an error too.
    """
    settings = load(Settings, file, environment)
    for address in settings.addresses():
        proxy_for(address)
    return settings
