"""The settings of the kinds of sources: what is read of Anthropic's APIs, how often, and how far back."""

from typing import Literal

from pydantic import Field

from forwarder.config import Seconds, Section, Start


class SourceSettings(Section):
    """The settings that every source under `sources.NAME` has."""

    enabled: bool = Field(False, description="whether it is read")
    poll: Seconds = Field("5m", ge=0.1, validate_default=True, description="pause between two reads")


class ActivitiesSettings(SourceSettings):
    """The Activity Feed of the Compliance API."""

    enabled: bool = Field(True, description="whether it is read")
    poll: Seconds = Field("30s", ge=0.1, validate_default=True, description="pause between two reads")
    settle: Seconds = Field(
        "90s",
        validate_default=True,
        description="the watermark stays this far behind now, because late rows may still arrive",
    )
    overlap: Seconds = Field("10m", validate_default=True, description="how far back late rows are searched often")
    reconcile: Seconds = Field(
        "3d", validate_default=True, description="how far back late rows are searched once a day; finds are counted"
    )
    start: Start = Field("24h", validate_default=True, description="how far back the first run reads, or a timestamp")
    organizations: tuple[str, ...] = Field((), description="only these organizations; empty: all the key can read")
    exclude_types: tuple[str, ...] = Field((), description="activity types that are not read")


class ListSettings(SourceSettings):
    """A list of the Admin API: the objects in it, and what changed."""

    poll: Seconds = Field("15m", ge=0.1, validate_default=True, description="pause between two reads")


class KeyListSettings(ListSettings):
    """The API keys of the organization."""

    poll: Seconds = Field("5m", ge=0.1, validate_default=True, description="pause between two reads")


class ReportSettings(SourceSettings):
    """A report of the Admin API: usage records of buckets that have ended."""

    poll: Seconds = Field("5m", ge=0.1, validate_default=True, description="pause between two checks for due buckets")
    start: Start = Field("30d", validate_default=True, description="how far back the first run reads, or a timestamp")


Dimension = Literal[
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

    start: Start = Field("7d", validate_default=True, description="how far back the first run reads, or a timestamp")
    bucket: Literal["1m", "1h", "1d"] = Field("1h", description="width of a bucket")
    group_by: tuple[Dimension, ...] = Field(
        ("account_id", "service_account_id", "api_key_id", "workspace_id", "model"),
        description="dimensions that usage is grouped by",
    )
