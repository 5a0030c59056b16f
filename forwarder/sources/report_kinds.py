"""The reports that are read: how wide their buckets are, when they are settled, and how they are asked for.

Source: Admin API reference, Messages Usage Report, Cost Report, Claude Code Usage Report; guide "Usage and Cost API":
figures appear within about five minutes (Claude Code: an hour), pages hold 1,440 minutes, 168 hours or 31 days.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from forwarder.anthropic import AdminApi
from forwarder.records import Window
from forwarder.sources.settings import UsageSettings
from forwarder.sources.times import DAY_US, SECOND_US, day_of, written

MINUTE_US, HOUR_US = 60 * SECOND_US, 3600 * SECOND_US
WIDTHS_US = {"1m": MINUTE_US, "1h": HOUR_US, "1d": DAY_US}
MOST = {"1m": 1440, "1h": 168, "1d": 31}
AGES_US = (10 * MINUTE_US, HOUR_US, DAY_US)
CLAUDE_CODE_AGES_US = (75 * MINUTE_US, 6 * HOUR_US, DAY_US)


SPEED_BETA = "fast-mode-2026-02-01"
"""Without it the API refuses to tell figures apart by speed."""


def betas_of(settings: UsageSettings) -> tuple[str, ...]:
    """The API's features that are asked for beyond the ordinary."""
    return (SPEED_BETA,) if "speed" in settings.group_by else ()


class Bucket(NamedTuple):
    """A bucket as the API gave it: its times as texts, and its rows."""

    starting_at: Any
    ending_at: Any
    rows: Any


class Report(NamedTuple):
    """One report. `read` gives the buckets of a window, each whole; it raises as `AdminApi.report` does."""

    kind: str
    width_us: int
    ages_us: Sequence[int]
    most: int
    """Buckets asked for at once."""
    read: Callable[[AdminApi, Window], Iterator[Bucket]]


def usage_report(settings: UsageSettings) -> Report:
    """Tokens of the Messages API, by everything that `settings` groups by."""
    groups = [("group_by[]", group) for group in settings.group_by]
    return _bucketed("usage", "usage_report/messages", settings.bucket, groups)


def cost_report() -> Report:
    """Cost, by workspace and line item; the API has days only."""
    return _bucketed("cost", "cost_report", "1d", [("group_by[]", "workspace_id"), ("group_by[]", "description")])


def claude_code_report() -> Report:
    """Use of Claude Code, a row a person, day and terminal; the API gives one day a call."""

    def read(api: AdminApi, window: Window) -> Iterator[Bucket]:
        day = day_of(window.start_us)
        rows = list(api.report("usage_report/claude_code", [("starting_at", day), ("limit", "1000")]))
        yield Bucket(written(window.start_us), written(window.end_us), rows)

    return Report("claude_code_usage", DAY_US, CLAUDE_CODE_AGES_US, 1, read)


def _bucketed(kind: str, path: str, width: str, groups: Sequence[tuple[str, str]]) -> Report:
    most = MOST[width]

    def read(api: AdminApi, window: Window) -> Iterator[Bucket]:
        bounds = [("starting_at", written(window.start_us)), ("ending_at", written(window.end_us))]
        params = [*bounds, ("bucket_width", width), ("limit", str(most)), *groups]
        return map(_bucket, api.report(path, params))

    return Report(kind, WIDTHS_US[width], AGES_US, most, read)


def _bucket(item: Any) -> Bucket:
    fields = item if isinstance(item, dict) else {}
    return Bucket(fields.get("starting_at"), fields.get("ending_at"), fields.get("results"))
