"""Functions of Sentinel for people who look: workbooks and hunting read from them, no rule does.

`ClaudeActivityBetween` and its like give whole events of a time; `ClaudeCodes` and `ClaudeRules` are tables that nobody
tunes, made from what the Splunk app has as lookups.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping

from forwarder.detect.functions import SavedFunction
from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES
from tools.content.analytics_rules import display_name
from tools.content.dashboards_lookups import dashboard_lookups
from tools.content.folder import Content

_BETWEEN = """\
// The events of stream `{stream}` between two moments, whole, each once: the newest copy, the highest revision.
// TimeGenerated is rewritten by Azure when it is older than two days, so EventTime decides.
{table}
| where TimeGenerated >= since - 2d and EventTime between (since .. until)
| extend copy = coalesce(Revision, tolong(datetime_diff('millisecond', CollectedTime, datetime(1970-01-01))))
| summarize arg_max(copy, *) by EventUid
| extend log = tostring(metadata.log_name)
| extend
    who = coalesce(ActorName, ActorUid, 'unknown'),
    address = coalesce(SrcIp, '-'),
    source = case(
        log == 'compliance.activities', 'activities',
        log startswith 'admin.workspace', 'workspaces',
        log startswith 'admin.', substring(log, 6),
        log == 'usage_report.messages', 'usage',
        log == 'cost_report', 'cost',
        log == 'usage_report.claude_code', 'claude_code_usage',
        log startswith 'forwarder.', 'forwarder',
        'otlp')"""


def workbook_functions(content: Content) -> list[SavedFunction]:
    """The functions, to be saved beside those of the rules."""
    between = [
        SavedFunction(
            f"Claude{stream.capitalize()}Between",
            "since:datetime, until:datetime",
            _BETWEEN.format(stream=stream, table=TABLES[stream]),
        )
        for stream in STREAMS
    ]
    return [*between, _codes(content), _rules(content)]


def _codes(content: Content) -> SavedFunction:
    """What an event code is about and means, and the worst that it may be."""
    rows = csv.DictReader(io.StringIO(dashboard_lookups(content)["claude_codes"]))
    return _table(
        "ClaudeCodes", "What each event code is about", ({"EventCode": r.pop("claude_code"), **r} for r in rows)
    )


def _rules(content: Content) -> SavedFunction:
    """Each rule's name in Sentinel, and the forwarder's sources that it needs, with blanks between."""
    rows = (
        {
            "rule": detection.folder,
            "name": display_name(detection.rule),
            "severity": detection.rule.severity.capitalize(),
            "score": str(detection.rule.score),
            "needs": " ".join(need.source for need in detection.rule.sources),
        }
        for detection in content.detections
    )
    return _table("ClaudeRules", "The rules of this solution and what they need", rows)


def _table(name: str, meaning: str, rows: Iterable[Mapping[str, str]]) -> SavedFunction:
    held = [*rows]
    columns = ", ".join(f"{column}: string" for column in held[0])
    values = ",\n    ".join(", ".join(json.dumps(value, ensure_ascii=False) for value in row.values()) for row in held)
    return SavedFunction(name, "", f"// {meaning}.\ndatatable({columns})\n[\n    {values}\n]")
