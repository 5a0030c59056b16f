"""The reports: what their rows are called and which fields say of what a row is told, and which how much. A table.

Source: Admin API reference, Get Messages Usage Report, Get Cost Report, Get Claude Code Usage Report.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from forwarder.errors import Reject


class Report(NamedTuple):
    """The rows of one report."""

    name: str
    """Of the report, for identities."""
    code: str
    activity: str
    holds: str
    """Where in `unmapped` the row stands."""
    dimensions: frozenset[str]
    """Fields that say of what the row tells."""
    figures: frozenset[str]
    """Fields that say how much; the bucket's own time, which rows of Claude Code repeat, is as little a group."""


REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        "usage": Report(
            "messages",
            "usage_report.messages",
            "Usage Report",
            "usage",
            dimensions=frozenset(
                {
                    *("account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id"),
                    *("service_tier", "speed", "workspace_id"),
                }
            ),
            figures=frozenset(
                {
                    *("cache_creation", "cache_read_input_tokens", "output_tokens", "server_tool_use"),
                    "uncached_input_tokens",
                }
            ),
        ),
        "cost": Report(
            "cost",
            "cost_report",
            "Cost Report",
            "cost",
            dimensions=frozenset(
                {
                    *("context_window", "cost_type", "currency", "description", "inference_geo", "model"),
                    *("service_tier", "token_type", "workspace_id"),
                }
            ),
            figures=frozenset({"amount"}),
        ),
        "claude_code_usage": Report(
            "claude_code",
            "usage_report.claude_code",
            "Claude Code Usage Report",
            "claude_code",
            dimensions=frozenset(
                {"actor", "customer_type", "is_remote", "organization_id", "subscription_type", "terminal_type"}
            ),
            figures=frozenset({"core_metrics", "date", "model_breakdown", "tool_actions"}),
        ),
    }
)
"""The source of a figure → its report."""


def report(source: str) -> Report:
    """The report of a source. Raises `Reject` for one that is not in the table: its rows have no identity."""
    found = REPORTS.get(source)
    if found is None:
        raise Reject("unknown-report", f"report {source!r} is none of {', '.join(REPORTS)}")
    return found
