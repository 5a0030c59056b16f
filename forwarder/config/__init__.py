"""Settings: the one YAML file and the environment, checked once at the edge.

Everything below gets typed, frozen settings; nobody else reads files or the environment. Nothing that flows
lives here.
"""

from forwarder.config.load import load_settings
from forwarder.config.secrets import Secret
from forwarder.config.settings import (
    ActivitiesSettings,
    AnthropicSettings,
    AnySink,
    ArchiveSettings,
    SentinelSettings,
    Settings,
    SinkSettings,
    SplunkSettings,
    StoreSettings,
)

__all__ = [
    "ActivitiesSettings",
    "AnthropicSettings",
    "AnySink",
    "ArchiveSettings",
    "Secret",
    "SentinelSettings",
    "Settings",
    "SinkSettings",
    "SplunkSettings",
    "StoreSettings",
    "load_settings",
]
