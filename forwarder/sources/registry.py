"""Every source that is read from Anthropic's APIs: its settings, the key it needs, how it is built.

A new list or report is an entry here, its mapping in `forwarder.ocsf.admin` and its stand-in in
`forwarder.simulator.admin`. Settings, `check`, documentation and the demo follow from the entries.

Source of paths and fields: Admin API reference, List API keys, users, invites, workspaces, workspace members; Messages
Usage Report, Cost Report, Claude Code Usage Report.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from forwarder.anthropic import ActivityFeed, AdminApi, Client
from forwarder.sources.activities import ACTIVITIES, ActivitiesSource
from forwarder.sources.base import Source
from forwarder.sources.key_use import api_key_facts, key_use_entries
from forwarder.sources.lists import DeriveFrom, InventoryList, ListSource
from forwarder.sources.report_buckets import HOUR_US, MINUTE_US, BucketReport, bucketed, daily
from forwarder.sources.reports import AlsoStore, ReportSource
from forwarder.sources.settings import (
    ActivitiesSettings,
    KeyListSettings,
    ListSettings,
    ReportSettings,
    SourceSettings,
    UsageSettings,
)
from forwarder.sources.times import DAY_US

RequiredKey = Literal["activity feed", "admin API"]
CLAUDE_CODE_AGES_US = (75 * MINUTE_US, 6 * HOUR_US, DAY_US)
SPEED_BETA = "fast-mode-2026-02-01"
"""Without it the API refuses to group usage by speed."""


class SourceKind(NamedTuple):
    """One source, as `sources.NAME` names it."""

    settings: type[SourceSettings]
    key: RequiredKey
    build: Callable[[str, str, Any, Client], Source]
    """The source of an account's name, its own name, its settings and the client of its key."""
    inventory_list: InventoryList | None = None
    """The list that is read, if it is one."""
    betas: Callable[[Any], tuple[str, ...]] = lambda _: ()
    """The beta features that its settings need."""


def _activities(account: str, name: str, settings: ActivitiesSettings, client: Client) -> Source:
    feed = ActivityFeed(client, settings.organizations, settings.exclude_types)
    return ActivitiesSource(settings, feed, account)


def _list(
    inventory_list: InventoryList, settings: type[ListSettings] = ListSettings, derive: DeriveFrom | None = None
) -> SourceKind:
    def build(account: str, name: str, settings: ListSettings, client: Client) -> Source:
        return ListSource(account, name, settings, AdminApi(client), inventory_list, derive)

    return SourceKind(settings, "admin API", build, inventory_list)


def _report(
    report: Callable[[Any], BucketReport],
    settings: type[ReportSettings] = ReportSettings,
    also_store: AlsoStore | None = None,
    betas: Callable[[Any], tuple[str, ...]] = lambda _: (),
) -> SourceKind:
    def build(account: str, name: str, settings: ReportSettings, client: Client) -> Source:
        return ReportSource(account, name, settings, AdminApi(client), report(settings), also_store)

    return SourceKind(settings, "admin API", build, betas=betas)


def _usage_betas(settings: UsageSettings) -> tuple[str, ...]:
    return (SPEED_BETA,) if "speed" in settings.group_by else ()


_MEMBERS = InventoryList("workspaces/{id}/members", id_fields=("workspace_id", "user_id"), unless="archived_at")

SOURCES: Mapping[str, SourceKind] = MappingProxyType(
    {
        ACTIVITIES: SourceKind(ActivitiesSettings, "activity feed", _activities),
        "api_keys": _list(InventoryList("api_keys"), KeyListSettings, api_key_facts),
        "users": _list(InventoryList("users")),
        "invites": _list(InventoryList("invites")),
        "workspaces": _list(
            InventoryList("workspaces", (("include_archived", "true"),), sub_lists={"workspace_members": _MEMBERS})
        ),
        "usage": _report(
            lambda settings: bucketed("usage_report/messages", settings.bucket, settings.group_by),
            UsageSettings,
            also_store=key_use_entries,
            betas=_usage_betas,
        ),
        "cost": _report(lambda _: bucketed("cost_report", "1d", ("workspace_id", "description"))),
        "claude_code_usage": _report(lambda _: daily("usage_report/claude_code", CLAUDE_CODE_AGES_US)),
    }
)
"""By name, in the order of the configuration's documentation and of reading."""
