"""Whether rows arrive, and what Azure refused of them: what the workspace's own tables say.

Source: Azure Monitor, *Monitor and troubleshoot DCR data collection*; reference of the table DCRLogErrors.
"""

from collections.abc import Iterator

from forwarder.azure.collection import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.azure.queries import Queries
from forwarder.errors import Reject
from forwarder.siem.findings import Finding, doubtful, fine

TABLE = "ClaudeActivity_CL"
"""The forwarder tells of its own health there every five minutes, so that silence means something."""
DAYS, LATE_MINUTES = 7, 60
NEWEST = f"""{TABLE}
| where TimeGenerated > ago({DAYS}d)
| summarize newest = max(TimeGenerated), n = count()
| extend minutes = datetime_diff('minute', now(), newest)"""
REFUSED = """union isfuzzy=true
    (datatable(TimeGenerated:datetime, InputStreamId:string, Message:string, _ResourceId:string)[]),
    DCRLogErrors
| where TimeGenerated > ago(1d) and _ResourceId =~ '{rule}'
| summarize n = count(), said = take_any(Message), stream = take_any(InputStreamId)"""
"""The table is not there before its first row, which `isfuzzy` takes."""


def ask_newest(azure: Azure, customer_id: str) -> Iterator[Finding]:
    """When the last row came. Raises as `Azure.asked`."""
    try:
        (row,) = Queries(azure, customer_id).rows(NEWEST)
    except Reject as refused:
        yield doubtful("arrival", f"could not be asked: {refused}")
        return
    if not row["n"]:
        yield doubtful("arrival", f"{TABLE} has no row of the last {DAYS} days: does the forwarder run?")
        return
    told = f"the newest row of {TABLE} came at {row['newest']}, {row['minutes']} minutes ago"
    late = row["minutes"] > LATE_MINUTES
    yield doubtful("arrival", f"{told}: does the forwarder run?") if late else fine("arrival", told)


def ask_refused(azure: Azure, customer_id: str, rule: CollectionRule) -> Iterator[Finding]:
    """What the rule refused in the last day. Raises as `Azure.asked`."""
    try:
        (row,) = Queries(azure, customer_id).rows(REFUSED.format(rule=rule.resource_id.replace("'", "\\'")))
    except Reject as refused:
        yield doubtful("refused rows", f"could not be asked: {refused}")
        return
    if row["n"]:
        said = " ".join(str(row["said"]).split())[:200]
        text = f"{row['n']} entries in DCRLogErrors of the last day, such as of {row['stream']}: {said}"
        yield doubtful("refused rows", f"{text}; look there for all")
    else:
        yield fine("refused rows", "none in DCRLogErrors of the last day")
