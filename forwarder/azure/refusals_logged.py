"""Whether what the collection rule refuses after its 204 is written down: its diagnostic setting.

Sources: Azure Monitor, *Monitor and troubleshoot DCR data collection* (category LogErrors, table DCRLogErrors); REST
reference, *Diagnostic Settings - List*, 2021-05-01-preview. Microsoft's package of this version has no client for it.
"""

from collections.abc import Iterator
from typing import Any

from azure.core.rest import HttpRequest

from forwarder.azure.collection import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.siem.findings import Finding, doubtful, fine

SUBJECT = "collection rule's errors"
_CATEGORY, _ALL = "LogErrors", ("allLogs",)
_API = "2021-05-01-preview"


def ask_refusals_logged(azure: Azure, rule: CollectionRule) -> Iterator[Finding]:
    """Whether errors come into this workspace. Raises as `Azure.asked`."""
    settings = list(_ask(azure, rule))
    ours = azure.workspace.resource_id.lower()
    names = [
        str(one.get("name", "?"))
        for one in settings
        if str(one["properties"].get("workspaceId") or "").lower() == ours and _logs_errors(one["properties"])
    ]
    if names:
        yield fine(SUBJECT, f"are in DCRLogErrors of this workspace ({names[0]})")
    else:
        yield doubtful(SUBJECT, f"are not written down here: rows that Azure drops late go unnoticed; {DEPLOY}")


def _logs_errors(properties: Any) -> bool:
    return any(
        log.get("enabled") and (log.get("category") == _CATEGORY or log.get("categoryGroup") in _ALL)
        for log in properties.get("logs") or []
    )


def _ask(azure: Azure, rule: CollectionRule) -> Iterator[Any]:
    path = f"{rule.resource_id}/providers/Microsoft.Insights/diagnosticSettings"
    with azure.asked(SUBJECT):
        answer = azure.log_analytics.send_request(HttpRequest("GET", path, params={"api-version": _API}))
        answer.raise_for_status()
        yield from answer.json()["value"]
