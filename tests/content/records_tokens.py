"""Source records of the family `tokens` beyond `records`: line items of the cost report, Claude Code in two ways."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from forwarder.ocsf import normalize
from forwarder.ocsf.agent import events_of
from forwarder.otlp.json_decoder import decode
from forwarder.otlp.protocol import LOGS, METRICS, Signal
from forwarder.records import UsageRecord
from tests.content.records import ORGANIZATION, Collected, milliseconds, receipt

_DAY = timedelta(days=1)


def cost(
    workspace: str | None,
    day: datetime,
    cents: str,
    *,
    item: str = "Claude Opus 5 Usage - Input Tokens",
    currency: str = "USD",
    collected: datetime | None = None,
    backfilled: bool = False,
) -> Collected:
    """A line item of a workspace's day, read ten minutes after its end by default."""
    read = collected or day + _DAY + timedelta(minutes=10)
    row = {"amount": cents, "currency": currency, "description": item, "workspace_id": workspace}
    record = UsageRecord("cost", milliseconds(day), milliseconds(day + _DAY), row, milliseconds(read), ORGANIZATION)
    return Collected("cost", normalize(record, receipt(read, backfilled)))


def claude_code_day(person: str, day: datetime, cents: int, *, collected: datetime) -> Collected:
    """What the Claude Code report estimates for a person's day."""
    model = {
        "model": "claude-opus-5",
        "tokens": {"input": 1000, "output": 100, "cache_read": 0, "cache_creation": 0},
        "estimated_cost": {"amount": cents, "currency": "USD"},
    }
    row = {
        "actor": {"type": "user_actor", "email_address": f"{person}@example.com"},
        "organization_id": ORGANIZATION,
        "date": f"{day:%Y-%m-%d}T00:00:00Z",
        "customer_type": "api",
        "terminal_type": "vscode",
        "core_metrics": {"num_sessions": 1},
        "tool_actions": {},
        "model_breakdown": [model],
    }
    start, end, read = map(milliseconds, (day, day + _DAY, collected))
    record = UsageRecord("claude_code_usage", start, end, row, read, ORGANIZATION)
    return Collected("claude_code_usage", normalize(record, receipt(collected)))


def api_request(
    person: str | None,
    session: str | None,
    time: datetime,
    tokens: int,
    *,
    from_cache: int = 0,
    name: str = "api_request",
    collected: datetime | None = None,
) -> Collected:
    """Claude Code asked a model: `tokens` went in or came out beside those read from the cache."""
    attributes: dict[str, str | int] = {
        **_who(person, session),
        "event.name": name,
        "event.timestamp": time.isoformat(),
        "event.sequence": int(time.timestamp()),
        "model": "claude-opus-5",
        "input_tokens": str(tokens),
        "output_tokens": "0",
        "cache_read_tokens": str(from_cache),
        "cache_creation_tokens": "0",
        "total_tokens": str(tokens),
    }
    record = {"timeUnixNano": str(milliseconds(time) * 1_000_000), "attributes": _attributes(attributes)}
    scope = {"name": "com.anthropic.claude_code.events", "version": "2.1.232"}
    logs = {"resource": _resource(), "scopeLogs": [{"scope": scope, "logRecords": [record]}]}
    return _exported(LOGS, {"resourceLogs": [logs]}, collected or time + timedelta(seconds=10))


def token_metric(person: str, session: str, time: datetime, tokens: int, *, collected: datetime) -> Collected:
    """The metric by which Claude Code counts the same tokens once more."""
    point = {
        "attributes": _attributes({**_who(person, session), "type": "input", "model": "claude-opus-5"}),
        "startTimeUnixNano": str(milliseconds(time - timedelta(minutes=1)) * 1_000_000),
        "timeUnixNano": str(milliseconds(time) * 1_000_000),
        "asDouble": tokens,
    }
    summed = {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point]}
    metric = {"name": "claude_code.token.usage", "unit": "tokens", "sum": summed}
    scope = {"name": "com.anthropic.claude_code", "version": "2.1.232"}
    metrics = {"resource": _resource(), "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}
    return _exported(METRICS, {"resourceMetrics": [metrics]}, collected)


def _exported(kind: Signal, request: Mapping[str, Any], collected: datetime) -> Collected:
    records = decode(kind, json.dumps(request).encode())
    (event,) = events_of(records, receipt(collected), "metadata").events
    return Collected("otlp", event)


def _who(person: str | None, session: str | None) -> dict[str, str]:
    who = {"user.account_id": f"user_{person}", "user.email": f"{person}@example.com"} if person else {}
    return {"organization.id": ORGANIZATION, **who, **({"session.id": session} if session else {})}


def _resource() -> dict[str, Any]:
    return {"attributes": _attributes({"service.name": "claude-code", "service.version": "2.1.232"})}


def _attributes(attributes: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}}
        for key, value in attributes.items()
    ]
