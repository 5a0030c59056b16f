"""Settings: the one YAML file and the environment, checked once at the edge.

Everything below gets typed, frozen settings; nobody else reads files or the environment. Nothing that flows
lives here.
"""

from forwarder.config.load import load_settings
from forwarder.config.secrets import Secret
from forwarder.config.section import is_loopback
from forwarder.config.settings import Account, Settings, StoreSettings
from forwarder.config.sinks import (
    AnySink,
    ApplicationSettings,
    ArchiveSettings,
    ManagementSettings,
    SentinelSettings,
    SinkSettings,
    SplunkSettings,
    WorkspaceSettings,
)
from forwarder.config.sources import (
    ActivitiesSettings,
    AnthropicSettings,
    ListSettings,
    OtlpSettings,
    ReportSettings,
    UsageSettings,
)

__all__ = [
    "Account",
    "ActivitiesSettings",
    "AnthropicSettings",
    "AnySink",
    "ApplicationSettings",
    "ArchiveSettings",
    "ListSettings",
    "ManagementSettings",
    "OtlpSettings",
    "ReportSettings",
    "Secret",
    "SentinelSettings",
    "Settings",
    "SinkSettings",
    "SplunkSettings",
    "StoreSettings",
    "UsageSettings",
    "WorkspaceSettings",
    "is_loopback",
    "load_settings",
]
