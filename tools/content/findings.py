"""Columns that every search of the app adds to its rows, so that an alert, a ticket or a webhook needs nothing else.

`rule`, `severity`, `entity` (the user, key or system), `message` (a sentence), `runbook` (the rule's page) and
`dedup_key`: equal for findings that the rule suppresses as the same, also after the suppression ended and on another
search head; at most 69 characters (ServiceNow's `correlation_id` takes 100).
"""

from tools.content.folder import Content, Detection
from tools.content.rules import PLACEHOLDER
from tools.content.text import one_line

MACRO = "claude_finding"
RUNBOOKS = "claude_runbooks"
_SAME = 'replace(coalesce($value$, "") . "", "\\.0+(?!.)", "")'
"""Drops zeros after the decimal point: a time may be computed from whole or fractional seconds."""


def finding_search(detection: Detection) -> str:
    """The rule's search with these columns, as scheduled."""
    rule = detection.rule
    arguments = (str(rule.id), detection.folder, rule.severity, *rule.suppress.by)
    call = ", ".join(f'"{argument}"' for argument in arguments)
    entity = _first_of(rule.risk_object, *(entity.column for entity in rule.entities))
    return f"{detection.spl}\n| eval entity={entity},\n    message={_sentence(rule.message)}\n| `{MACRO}({call})`"


def finding_macros(content: Content) -> dict[str, dict[str, str | int]]:
    """`claude_finding` for each number of suppression columns, and the location of the runbooks."""
    counts = sorted({len(detection.rule.suppress.by) for detection in content.detections})
    runbooks: dict[str, str | int] = {
        "definition": '"docs/detections/"',
        "description": "URL prefix of the rule pages, in quotes: where you publish docs/detections",
        "iseval": 0,
    }
    same: dict[str, str | int] = {"args": "value", "definition": _SAME, "iseval": 0}
    return {RUNBOOKS: runbooks, "claude_same(1)": same} | {f"{MACRO}({count + 3})": _macro(count) for count in counts}


def _macro(count: int) -> dict[str, str | int]:
    fields = [f"field_{number}" for number in range(1, count + 1)]
    return {"args": ", ".join(("id", "rule", "severity", *fields)), "definition": _definition(fields), "iseval": 0}


def _definition(fields: list[str]) -> str:
    same = ' . "|" . '.join(f"`claude_same(${field}$)`" for field in fields)
    return "\n".join(
        (
            'eval rule="$rule$", severity="$severity$",',
            f'    dedup_key="$id$:" . substr(sha256({same}), 1, 32),',
            f'    runbook=`{RUNBOOKS}` . replace("$rule$", "/", ".") . ".md"',
        )
    )


def _sentence(message: str) -> str:
    """The message as an expression. A missing value becomes `unknown` instead of an empty message."""
    pieces = PLACEHOLDER.split(one_line(message))
    parts = (_first_of(piece) if number % 2 else _text(piece) for number, piece in enumerate(pieces) if piece)
    return " . ".join(parts)


def _first_of(*columns: str) -> str:
    values = (f'nullif({column}, "")' for column in dict.fromkeys(columns))
    return f'coalesce({", ".join(values)}, "unknown")'


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
