"""Settings: the one YAML file and the environment, checked once at the edge.

Everything below gets typed, frozen settings; nobody else reads files or the environment. Nothing that flows
lives here.
"""

from forwarder.config.load import load_settings
from forwarder.config.secrets import Secret
from forwarder.config.settings import (
    Account,
    ActivitiesSettings,
    AnthropicSettings,
    AnySink,
    ApplicationSettings,
    ArchiveSettings,
    ListSettings,
    ManagementSettings,
    OtlpSettings,
    ReportSettings,
    SentinelSettings,
    Settings,
    SinkSettings,
    SplunkSettings,
    StoreSettings,
    UsageSettings,
    WorkspaceSettings,
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
    "load_settings",
]
