"""Small builders for the tests of agents' telemetry: an origin, log records, spans, data points.

`agent_documented.json` holds the attributes and values of every event and metric; it names its source.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry, events_of
from forwarder.ocsf.agent.attributes import attribute_types
from forwarder.privacy import Mode
from forwarder.records import Event, Receipt
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, body

TIME_NS = 1_781_000_000_123_456_789
SESSION = "0b1f2a3c-1111-4000-8000-000000000001"
RESOURCE = {"service.name": "claude-code", "service.version": "2.1.232", "os.type": "linux", "host.arch": "arm64"}
STANDARD: dict[str, Any] = {
    "session.id": SESSION,
    "organization.id": "abcdef01-2345-6789-abcd-ef0123456789",
    "user.account_uuid": "0b1f2a3c-2222-4000-8000-000000000002",
    "user.account_id": "user_01Ada",
    "user.id": "9f86d081884c7d659a2feaa0c55ad015",
    "user.email": "ada@example.com",
    "terminal.type": "iTerm.app",
    "event.timestamp": "2026-06-09T10:13:20.123Z",
    "event.sequence": 7,
    "prompt.id": "0b1f2a3c-3333-4000-8000-000000000003",
}


@cache
def documented() -> dict[str, Any]:
    """Events with their attributes and known values; metrics with their unit and attributes."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("agent_documented.json").read_text(encoding="utf-8"))
    return loaded


def origin(**resource: Any) -> Origin:
    return Origin({**RESOURCE, **resource}, "com.anthropic.claude_code.events", "2.1.232")


def log(name: str = "tool_result", where: Origin | None = None, /, **fields: Any) -> LogRecord:
    """One event as Claude Code sends it, with the standard attributes."""
    held = {**STANDARD, "event.name": name, **fields}
    return LogRecord(where or origin(), TIME_NS, TIME_NS, "", f"claude_code.{name}", held)


def bare(name: str = "", body: Any = None, **fields: Any) -> LogRecord:
    """One log record of an unknown sender."""
    return LogRecord(Origin({}), TIME_NS, 0, name, body, fields)


def example(name: str) -> dict[str, Any]:
    """Every documented attribute of an event, as text where Claude Code sends text."""
    return {field: values[0] if values else value_of(field) for field, values in documented()["events"][name].items()}


def value_of(field: str) -> str:
    table = attribute_types()
    if field in table.whole:
        return "201" if field == "status_code" else "12"
    return "0.0123" if field in table.fractional else "true" if field in table.truth else f"{field}_01"


def span(name: str = "agent.query", **fields: Any) -> Span:
    """One span of an Office agent."""
    where = Origin({"service.name": "office-agent", "service.version": "1.0.0", "git.sha": "0a1b2c"})
    held = {"session.id": SESSION, "user.email": "ada@example.com", **fields}
    ids = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7")
    return Span(where, name, *ids, TIME_NS, TIME_NS + 250_000_000, 1, 0, "", held, [], [])


def point(metric: str = "claude_code.token.usage", value: Any = 120, temporality: int = 1, /, **fields: Any) -> Point:
    """One data point of a sum."""
    times = (TIME_NS - 60_000_000_000, TIME_NS)
    unit = documented()["metrics"].get(metric, {}).get("unit", "1")
    held = {"user.account_id": "user_01Ada", "session.id": SESSION, **fields}
    return Point(origin(), metric, unit, "sum", temporality, *times, value, held, {})


def event_of(record: Telemetry, mode: Mode = "metadata", receipt: Receipt = RECEIPT) -> Event:
    """The record's event. Fails if it is refused."""
    decoded = events_of([record], receipt, mode)
    assert decoded.reasons == ()
    return decoded.events[0]


def made(record: Telemetry, mode: Mode = "metadata") -> dict[str, Any]:
    """The record's event as a reader parses it."""
    return body(event_of(record, mode))


def wrong(record: Telemetry, mode: Mode = "full") -> list[str]:
    """Faults that either validator finds in its event, lost values, and bytes that differ in a second run."""
    event = event_of(record, mode)
    parsed = body(event)
    found = [*faults(parsed), *objections(parsed)]
    if mode == "full":
        found += [f"lost {value}" for value in lost({**record.origin.resource, **record.attributes}, parsed)]
    if event_of(record, mode) != event:
        found.append("a second run gives other bytes")
    return found
