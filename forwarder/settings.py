"""The whole of the settings. `docs/configuration.md` is made from the models: every key, its default, its meaning."""

import os
from collections.abc import Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from forwarder.anthropic import AnthropicSettings
from forwarder.config import Address, Bytes, Seconds, Section, load, one_of
from forwarder.otlp import OtlpSettings
from forwarder.sinks import SINKS, SinkSettings
from forwarder.sources import (
    ActivitiesSettings,
    KeyListSettings,
    ListSettings,
    ReportSettings,
    UsageSettings,
)
from forwarder.store import URL_HELP, URL_PATTERN

if TYPE_CHECKING:
    AnySinkSettings = SinkSettings
else:
    _settings_of_each_kind = (kind.settings for kind in SINKS.values())
    AnySinkSettings = Annotated[reduce(or_, _settings_of_each_kind), Field(discriminator="type")]


class StoreSettings(Section):
    """What was read and not yet confirmed by every sink."""

    url: str = Field(
        "sqlite:////var/lib/claude-siem/store.db",
        pattern=URL_PATTERN,
        description=URL_HELP,
    )
    max_bytes: Bytes = Field("8GiB", validate_default=True, description="full: collecting pauses, nothing is dropped")
    dead_letters_keep: Seconds = Field("90d", validate_default=True, description="how long refused events are kept")


class StatusSettings(Section):
    """Health, readiness, metrics and the status page."""

    listen: Address = Field("127.0.0.1:8080", validate_default=True, description="address to listen on")


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
    sinks: dict[str, AnySinkSettings] = Field(
        description="name: settings; `type` is taken from the name when it is one"
    )
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
            raise ValueError(f"no sink is enabled: enable one under sinks ({one_of(SINKS)})")
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

    def enabled_sinks(self) -> dict[str, SinkSettings]:
        """The sinks that events are sent to, by name."""
        return {name: sink for name, sink in self.sinks.items() if sink.enabled}


def load_settings(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of `file` under `environment`. Raises `Misconfigured` with one line a fault."""
    return load(Settings, file, environment)
