"""`usage_report/claude_code`: the use of Claude Code by each person or key on one UTC day.

Source: page "Claude Code Analytics API": only data older than an hour is included, and the pages of one walk keep one
boundary. Sessions, lines and decisions are derived from the tokens.
"""

import base64
import binascii
import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

from forwarder.simulator.admin.organization import ConsoleOrganization
from forwarder.simulator.admin.parameters import (
    InvalidParameterError,
    Parameter,
    Parameters,
    day,
    parse,
    whole,
    words,
)
from forwarder.simulator.admin.usage import CodeActor, Counts, Usage, costs, total
from forwarder.simulator.clock import DAY, HOUR, MINUTE, rfc3339

_PARAMETERS: Parameters = {
    "starting_at": Parameter(day, required=True),
    "limit": Parameter(whole(1, 1000)),
    "page": Parameter(words),
}
_DEFAULT_LIMIT = 20
_TOOLS = {"edit_tool": 900, "multi_edit_tool": 2500, "notebook_edit_tool": 9000, "write_tool": 3000}
"""Output tokens for one proposal of each tool; one in nine is rejected."""


def claude_code(organization: ConsoleOrganization, pairs: list[tuple[str, str]], betas: str) -> dict[str, Any]:
    """`GET /v1/organizations/usage_report/claude_code`. Raises `InvalidParameterError`."""
    asked = parse(_PARAMETERS, pairs)
    after, boundary = _read_token(asked["page"], organization.clock.now_us() - HOUR)
    records = _records(organization, asked["starting_at"], boundary)
    left = [key for key in sorted(records) if after is None or key > after]
    chosen = left[: asked["limit"] or _DEFAULT_LIMIT]
    more = len(left) > len(chosen)
    return {
        "data": [_record(organization, asked["starting_at"], key, records[key]) for key in chosen],
        "has_more": more,
        "next_page": _token(chosen[-1], boundary) if more else None,
    }


def _records(organization: ConsoleOrganization, day_us: int, boundary_us: int) -> dict[CodeActor, list[Usage]]:
    """Rows by who and where, of what had happened by the boundary."""
    records: defaultdict[CodeActor, list[Usage]] = defaultdict(list)
    for row in organization.workload.minutes(day_us, day_us + DAY, organization.clock.now_us()):
        if row.code is not None and row.at_us + MINUTE <= boundary_us:
            records[row.code].append(row)
    return records


def _record(organization: ConsoleOrganization, day_us: int, user: CodeActor, rows: list[Usage]) -> dict[str, Any]:
    output = sum(row.counts.output for row in rows)
    return {
        "date": rfc3339(day_us),
        "actor": _actor(user),
        "organization_id": organization.uuid,
        "customer_type": "api",
        "terminal_type": user.terminal,
        "is_remote": user.is_remote,
        "core_metrics": {
            "num_sessions": len({row.at_us // HOUR for row in rows}),
            "lines_of_code": {"added": output // 12, "removed": output // 30},
            "commits_by_claude_code": output // 4000,
            "pull_requests_by_claude_code": output // 20_000,
        },
        "tool_actions": {
            tool: {"accepted": output // tokens, "rejected": output // tokens // 9} for tool, tokens in _TOOLS.items()
        },
        "model_breakdown": _breakdown(rows),
    }


def _actor(user: CodeActor) -> dict[str, str]:
    if user.is_user:
        return {"type": "user_actor", "email_address": user.name}
    return {"type": "api_actor", "api_key_name": user.name}


def _breakdown(rows: list[Usage]) -> list[dict[str, Any]]:
    models: defaultdict[str, list[Usage]] = defaultdict(list)
    for row in rows:
        models[row.dimensions.model].append(row)
    return [_model(model, models[model]) for model in sorted(models)]


def _model(model: str, rows: list[Usage]) -> dict[str, Any]:
    cents = sum((line.amount for row in rows for line in costs(row.dimensions, row.counts)), Decimal(0))
    return {
        "model": model,
        "tokens": _tokens(total(row.counts for row in rows)),
        "estimated_cost": {"currency": "USD", "amount": round(cents)},
    }


def _tokens(counts: Counts) -> dict[str, int]:
    return {
        "input": counts.uncached_input,
        "output": counts.output,
        "cache_read": counts.cache_read,
        "cache_creation": counts.cache_5m + counts.cache_1h,
    }


def _token(last: CodeActor, boundary_us: int) -> str:
    return "page_" + base64.b64encode(json.dumps([boundary_us, *last]).encode()).decode()


def _read_token(token: str | None, boundary_us: int) -> tuple[CodeActor | None, int]:
    if token is None:
        return None, boundary_us
    try:
        boundary, *last = json.loads(base64.b64decode(token.removeprefix("page_"), validate=True))
        return CodeActor(*last), int(boundary)
    except (ValueError, TypeError, binascii.Error):
        raise InvalidParameterError(f"page: Invalid page token {token}") from None
