"""Settings → the enabled sources of the account."""

from collections.abc import Callable

from forwarder.anthropic import ActivityFeed, Client
from forwarder.config import Settings
from forwarder.sources.activities import ActivitiesSource
from forwarder.sources.batch import Source


def build_sources(settings: Settings, wait: Callable[[float], bool]) -> list[Source]:
    """The sources, which share one client, and so one request budget and clock, a key."""
    activities = settings.sources.activities
    if not activities.enabled:
        return []
    client = Client(settings.anthropic, settings.anthropic.feed_key(), wait)
    return [ActivitiesSource(activities, ActivityFeed(client, activities.organizations, activities.exclude_types))]
