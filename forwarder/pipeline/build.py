"""Settings → the enabled sources of every account."""

from collections.abc import Callable, Iterator
from functools import partial

from forwarder.anthropic import MAKE_AN_ADMIN_KEY, ActivityFeed, AdminApi, Client
from forwarder.settings import Account, Settings
from forwarder.sources.activities import ActivitiesSource
from forwarder.sources.batch import Source
from forwarder.sources.inventories import INVENTORIES
from forwarder.sources.key_use import key_facts, key_use
from forwarder.sources.lists import ListSource
from forwarder.sources.names import source_name
from forwarder.sources.report_kinds import betas_of, claude_code_report, cost_report, usage_report
from forwarder.sources.reports import ReportSource

Wait = Callable[[float], bool]


def build_sources(settings: Settings, wait: Wait) -> list[Source]:
    """The sources. Those of one key share one client, and so one request budget and clock."""
    return [
        source
        for name, account in settings.every_account().items()
        for source in (*_of_feed(name, account, wait), *_of_admin_api(name, account, wait))
    ]


def _of_feed(name: str, account: Account, wait: Wait) -> Iterator[Source]:
    activities = account.sources.activities
    if activities.enabled:
        client = Client(account.anthropic, account.anthropic.feed(name), wait)
        feed = ActivityFeed(client, activities.organizations, activities.exclude_types)
        yield ActivitiesSource(activities, feed, name)


def _of_admin_api(name: str, account: Account, wait: Wait) -> Iterator[Source]:
    sources, enabled = account.sources, account.sources.of_admin_api
    if not enabled:
        return
    key, betas = account.anthropic.admin(name), betas_of(sources.usage)
    api = AdminApi(Client(account.anthropic, key, wait, mend=MAKE_AN_ADMIN_KEY, betas=betas))
    users, usage = source_name(name, "users"), source_name(name, "usage")
    for kind, fetch in INVENTORIES.items():
        if kind in enabled:
            derive = partial(key_facts, users, usage) if kind == "api_keys" else None
            yield ListSource(name, kind, getattr(sources, kind), api, fetch, derive)
    if "usage" in enabled:
        yield ReportSource(name, sources.usage, api, usage_report(sources.usage), partial(key_use, usage))
    if "cost" in enabled:
        yield ReportSource(name, sources.cost, api, cost_report())
    if "claude_code_usage" in enabled:
        yield ReportSource(name, sources.claude_code_usage, api, claude_code_report())
