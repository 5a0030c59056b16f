"""The samples: realistic inputs and the events made of them, three a theme. Documentation that tests run.

`python -m tests.ocsf.samples` updates every `.ocsf.json` from its `.input.json`.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forwarder.ocsf import normalize
from forwarder.ocsf.agent import events_of
from forwarder.ocsf.core.values import milliseconds
from forwarder.ocsf.health import health_event
from forwarder.otlp.json_decoder import decode
from forwarder.otlp.protocol import LOGS, METRICS, TRACES
from forwarder.records import (
    Event,
    InventoryChange,
    InventoryRecord,
    Receipt,
    Record,
    UsageRecord,
    event_uid,
    namespace,
)

ROOT = Path(__file__).parents[2] / "samples"
LOGGED_MS = 1_781_002_800_000
NOW = datetime.fromtimestamp(LOGGED_MS / 1000, UTC)
RECEIPT = Receipt(LOGGED_MS, "inst_0001")
ORGANIZATION = "abcdef01-2345-6789-abcd-ef0123456789"
KINDS = {"resourceLogs": LOGS, "resourceMetrics": METRICS, "resourceSpans": TRACES}


def _activity(fields: dict[str, Any]) -> Event:
    uid = event_uid(namespace("activity"), fields["id"])
    return normalize(Record("activities", uid, _ms(fields["created_at"]), fields), RECEIPT)


def _listed(sample: dict[str, Any]) -> Event:
    """An object of a list, or one that differs between two lists."""
    source, read_ms = sample["list"], _ms(sample["read_at"])
    if "object" in sample:
        return normalize(
            InventoryRecord(source, read_ms, sample["object"], sample.get("derived", {}), ORGANIZATION), RECEIPT
        )
    return normalize(
        InventoryChange(source, read_ms, sample["after"], sample["before"], sample["number"], ORGANIZATION), RECEIPT
    )


def _reported(source: str) -> Callable[[dict[str, Any]], Event]:
    """A row of a bucket of a report."""

    def make(sample: dict[str, Any]) -> Event:
        bucket = sample["bucket"]
        start_ms, end_ms = _ms(bucket["starting_at"]), _ms(bucket["ending_at"])
        return normalize(UsageRecord(source, start_ms, end_ms, sample["result"], LOGGED_MS, ORGANIZATION), RECEIPT)

    return make


def _telemetry(request: dict[str, Any]) -> Event:
    """The only record of an OTLP request, in the mode `metadata`."""
    (kind,) = (kind for key, kind in KINDS.items() if key in request)
    records = decode(kind, json.dumps(request).encode())
    (event,) = events_of(records, RECEIPT, "metadata").events
    return event


def _ms(text: str) -> int:
    time_ms = milliseconds(text)
    assert time_ms is not None
    return time_ms


def _health(report: dict[str, Any]) -> Event:
    uid = event_uid(namespace("forwarder"), f"inst_0001/{report['kind']}")
    return health_event(report["kind"], report["figures"], LOGGED_MS, uid, RECEIPT)


MAKERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "api-key-list": _listed,
    "user-list": _listed,
    "invite-list": _listed,
    "workspace-list": _listed,
    "usage": _reported("usage"),
    "cost": _reported("cost"),
    "claude-code-usage": _reported("claude_code_usage"),
    "claude-code-telemetry": _telemetry,
    "claude-code-metrics": _telemetry,
    "cowork": _telemetry,
    "office-agents": _telemetry,
    "forwarder": _health,
}
"""Folders whose inputs are no activities."""


def inputs() -> list[Path]:
    """Every sample input, in order."""
    return sorted(ROOT.glob("*/*.input.json"))


def output(source: Path) -> Path:
    """The file that holds the event of an input."""
    return source.with_name(source.name.replace(".input.json", ".ocsf.json"))


def event_of(source: Path) -> Event:
    """The event of an input."""
    maker = MAKERS.get(source.parent.name, _activity)
    return maker(json.loads(source.read_text(encoding="utf-8")))


def made(source: Path) -> str:
    """The event of an input, as written to its file."""
    event = json.loads(event_of(source).body)
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes every output."""
    for source in inputs():
        output(source).write_text(made(source), encoding="utf-8")


if __name__ == "__main__":
    main()
