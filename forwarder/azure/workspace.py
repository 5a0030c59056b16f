"""The workspace: whether it is there, and Microsoft Sentinel on it.

Sources: REST reference, *Workspaces - Get*, *Sentinel Onboarding States - Get*; Azure Monitor, *Manage data retention
in a Log Analytics workspace*.
"""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.azure.connection import Azure
from forwarder.errors import Misconfigured
from forwarder.siem.findings import Finding, fine, wrong

_ONBOARDING = "default"
"""The one state that there is (Sentinel Onboarding States)."""


class LogWorkspace(NamedTuple):
    """A Log Analytics workspace as Azure has it."""

    customer_id: str
    """Its own id, by which it is queried."""
    location: str
    retention: int
    """Days that rows of a table without a retention of its own can be queried."""
    state: str
    """Such as `Succeeded`."""


def ask_workspace(azure: Azure) -> LogWorkspace:
    """The workspace of the settings. Raises as `Azure.asked`, and `Misconfigured` when it is not there."""
    where = azure.workspace
    told = azure.found("workspace", lambda: azure.log_analytics.workspaces.get(where.group, where.name))
    if told is None:
        raise Misconfigured(
            f"workspace {where.name} is not in resource group {where.group}: set {azure.place}.workspace"
        )
    held = told["properties"]
    return LogWorkspace(
        str(held.get("customerId") or ""),
        str(told["location"]),
        int(held.get("retentionInDays") or 0),
        str(held.get("provisioningState") or ""),
    )


def judge_workspace(azure: Azure, workspace: LogWorkspace) -> Finding:
    """Whether it is ready."""
    told = f"{azure.workspace.name} in {workspace.location}, keeps rows {workspace.retention} days"
    if workspace.state not in ("", "Succeeded"):
        return wrong("workspace", f"{told}; Azure calls it {workspace.state}: look at it in the portal")
    return fine("workspace", told)


def ask_sentinel(azure: Azure) -> Iterator[Finding]:
    """Whether Microsoft Sentinel is on. Raises as `Azure.asked`."""
    where = azure.workspace
    states = azure.sentinel.sentinel_onboarding_states
    told = azure.found("Microsoft Sentinel", lambda: states.get(where.group, where.name, _ONBOARDING))
    if told is None:
        mend = "add it (portal: Microsoft Sentinel > Create), else no rule runs"
        yield wrong("Microsoft Sentinel", f"is not on {where.name}; {mend}")
    else:
        yield fine("Microsoft Sentinel", f"is on {where.name}")
