"""Source records of keys at work, made, changed and listed."""

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from forwarder.ocsf import normalize
from forwarder.records import UsageRecord
from tests.content.records import ADMIN, ORGANIZATION, Collected, activity, milliseconds, receipt
from tests.content.records_key_inventory import key_in_inventory

KEY = "apikey_01Night"
COLLECTOR = "python-httpx/0.28"


def written(time: datetime) -> str:
    """A time as the API writes it."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def used(
    key: str, time: datetime, *, ip: str | None = "198.51.100.7", agent: str | None = COLLECTOR, **options: Any
) -> Collected:
    """A call of the Compliance API; with `admin=True` a look at the costs by a key of the Admin API."""
    where = {name: value for name, value in (("ip_address", ip), ("user_agent", agent)) if value}
    options.setdefault("number", crc32(f"{key} {ip} {agent}".encode()))
    if options.pop("admin", False):
        actor = {"type": "admin_api_key_actor", "admin_api_key_id": key, **where}
        return activity("platform_cost_report_viewed", actor, time, **options)
    method = options.pop("request_method", "GET")
    request: dict[str, Any] = {"request_id": "req_1", "request_method": method, "status_code": 200, "api_key_id": key}
    return activity(
        "compliance_api_accessed", {"type": "api_actor", "api_key_id": key, **where}, time, **request, **options
    )


def made(key: str, time: datetime, actor: dict[str, Any] = ADMIN, **options: Any) -> Collected:
    """A key made in the Console."""
    return activity("platform_api_key_created", actor, time, number=crc32(key.encode()), api_key_id=key, **options)


def listed(key: str, time: datetime, last_used: datetime) -> Collected:
    """A key in the inventory, with the last bucket in which it used tokens."""
    return key_in_inventory(as_listed(key), time + timedelta(minutes=1), last_used=written(last_used))


def as_listed(key: str, **fields: Any) -> dict[str, Any]:
    """A key as the Admin API lists it."""
    owner = {"type": "user", "id": "user_admin"}
    known = {"id": key, "type": "api_key", "name": "nightly", "status": "active", "created_at": "2025-11-01T00:00:00Z"}
    return {**known, "created_by": owner, "principal": owner, **fields}


def of_claude_code(day: datetime) -> Collected:
    """A person's use of Claude Code on that day."""
    row = {
        "actor": {"type": "user_actor", "email_address": "jane@example.com"},
        "model_breakdown": [{"model": "claude-opus-5", "tokens": {"input": 45230, "output": 12450}}],
    }
    start, end, read = (milliseconds(day + timedelta(hours=hours)) for hours in (0, 24, 26))
    record = UsageRecord("claude_code_usage", start, end, row, read, ORGANIZATION)
    return Collected("claude_code_usage", normalize(record, receipt(day + timedelta(hours=26))))


def cost(day: datetime) -> list[Collected]:
    """What two workspaces cost on that day."""
    start, end, read = (milliseconds(day + timedelta(hours=hours)) for hours in (0, 24, 26))
    rows = [
        {"workspace_id": f"wrkspc_{n}", "description": "tokens", "amount": "120.5", "currency": "USD"} for n in "12"
    ]
    records = [UsageRecord("cost", start, end, row, read, ORGANIZATION) for row in rows]
    return [Collected("cost", normalize(record, receipt(day + timedelta(hours=26)))) for record in records]
