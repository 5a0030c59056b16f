"""Helpers to recompute dashboard values: envelopes of a time range, and the value of a number panel."""

from collections.abc import Iterable
from functools import cache

from tests.packages.dashboard_envelopes import Envelope
from tests.packages.dashboard_searches import Answers, Rows
from tests.packages.dashboard_world import NOW, world
from tools.content.dashboards import SOURCES, definition
from tools.content.dashboards_source import load_dashboards

DAY = 86_400


@cache
def answers(name: str, **tokens: str) -> Answers:
    """What a dashboard's searches give, with its defaults and these tokens."""
    return Answers(definition(load_dashboards(SOURCES)[name]), tokens)


def rows(name: str, panel: str, **tokens: str) -> Rows:
    """The rows of one panel."""
    return answers(name, **tokens).rows(f"ds_{panel}")


def figure(name: str, panel: str, **tokens: str) -> float:
    """The value of a number panel, from its only row."""
    (row,) = rows(name, panel, **tokens)
    (value,) = row.values()
    return float(value)


def days(count: int) -> float:
    """The beginning of `-Nd@d`."""
    return (NOW.timestamp() // DAY - count) * DAY


def within(envelopes: Iterable[Envelope], since: float) -> list[Envelope]:
    """Those with an event time from then until the time of the search."""
    return [envelope for envelope in envelopes if since <= envelope["time"] < world().now]


def members() -> list[Envelope]:
    """Those of the newest list."""
    listed = [e for e in world().of("users") if e["fields"]["claude_code"] == "user.inventory"]
    return [e for e in listed if e["time"] > NOW.timestamp() - DAY]


def activities() -> list[Envelope]:
    """What the activity stream holds beside the forwarder's reports, each once."""
    return [e for e in world().of("activities", "api_keys", "users", "invites", "workspaces") if e["index"] == "claude"]
