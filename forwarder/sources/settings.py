"""What is read of Anthropic's APIs, how often, and how far back."""

from typing import Literal

from pydantic import Field

from forwarder.config import Seconds, Section, Start


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
