"""Rows a feed should never send, between ordinary rows: a reader must neither fail on them nor lose them.

Each row has its own place in the last six hours, whatever `created_at` its text holds.
"""

import json
from typing import Any

from forwarder.simulator.clock import HOUR, MINUTE, SECOND, rfc3339
from forwarder.simulator.scenarios.issue import Issue
from forwarder.simulator.scenarios.ordinary import ordinary

_MARK = "@@"
"""Stands in an object for JSON text that Python cannot write; replaced with its quotes."""


def _raw(**fields: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """One case a field: an activity with a field whose JSON text is the given one."""
    return [({"odd": f"{_MARK}{name}"}, {f'"{_MARK}{name}"': text}) for name, text in fields.items()]


def _deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = {"down": value} if level % 2 else [value]
    return value


REFUSABLE: list[dict[str, Any]] = [
    {"id": None},
    {"id": ""},
    {"id": 12345},
    {"id": ["activity_01"]},
    {"type": None},
    {"type": {"name": "claude_chat_created"}},
    {"created_at": None},
    {"created_at": ""},
    {"created_at": "2026-05-08T12:18:11"},
    {"created_at": "yesterday"},
    {"created_at": 1_790_000_000},
    {"created_at": "2026-02-31T00:00:00Z"},
    {"created_at": "99999-01-01T00:00:00Z"},
]
"""No identity, no type, or no readable time with a zone: dead letters, but never dropped silently."""

DELIVERABLE: list[dict[str, Any]] = [
    {"type": "a_type_nobody_documented", "novelty": {"deep": [1, None, "x"]}},
    {"type": ""},
    {"type": "claude_chat_created' OR 1=1 --"},
    {"type": "t" * 5000},
    {"actor": None},
    {"actor": "user_actor"},
    {"actor": []},
    {"actor": {"type": "actor_nobody_documented", "soul": "unknown"}},
    {"actor": {"type": None, "user_id": 7, "email_address": ["a@example.com"]}},
    {"actor": {"type": "user_actor", "ip_address": "not an address", "user_agent": "u" * 70_000}},
    {"actor": {"type": "federated_actor", "provider": "a string"}},
    {"type": "org_data_export_started", "export_type": "an_enum_value_nobody_documented"},
    {"type": "platform_api_key_updated", "api_key_id": 5, "updates": "none"},
    {"type": "platform_api_key_updated", "api_key_id": None, "updates": [None, 3, {"type": None}]},
    {"organization_id": "", "organization_uuid": ""},
    {"organization_id": 9, "organization_uuid": {"a": "b"}},
    {"nothing": None, "empty": "", "no_items": [], "no_fields": {}},
    {"metadata": {"uid": "not yours"}, "class_uid": 1, "time": "0", "unmapped": {"x": 1}, "raw_data": "{}"},
    {"": "an empty name", "a.b": 1, "a": {"b": 2}, "$where": "1", "with space": True, "__proto__": {"x": 1}},
    {"text": "line\nfeed\r\ttab\u0000nul\u001besc\u2028\u2029\ufeff\u202e"},
    {"text": "\ud800", "\udfff": "lone"},
    {"id": "activity_\ud83d_half"},
    {"emoji": "🧨 日本語 ﷽", "combining": "e\u0301" * 200},
    {"numbers": [10**40, -(10**40), 2**63, 2**64, -(2**63) - 1, -0.0, 5e-324, 1.7976931348623157e308]},
    {"deep": _deep(120)},
    {"deeper": _deep(700)},
    {"many": list(range(50_000))},
    {"wide": {f"field_{n}": n for n in range(3000)}},
    {"big": "x" * 2_000_000},
    {"id": "i" * 3000},
    {"created_at": "2026-05-08T12:18:11.123456789Z"},
    {"created_at": "2026-05-08T14:18:11+02:00"},
    {"created_at": "2026-05-08t12:18:11z"},
    {"created_at": "1970-01-01T00:00:00Z"},
    {"created_at": "2199-12-31T23:59:59.999999Z"},
]
"""Identity, type and time are there: whatever else is in it, it must be delivered."""

TEXTS = _raw(
    huge="1e400",
    tiny="-1e-400",
    long_integer="9" * 400,
    duplicated='{"a":1,"a":2}',
    surrogates='"\\ud800\\ud800"',
    spaced="\n\t[ 1 ,\r\n 2 ]",
    escaped='"\\u0041\\/\\u00e9"',
)
"""JSON that an object cannot express, as text."""


def hostile(count: int, seed: int, now_us: int) -> list[Issue]:
    """Every hostile case once, each followed by ordinary rows; `count` ordinary ones in all."""
    start, end = now_us - 6 * HOUR, now_us - 2 * MINUTE
    plain = ordinary(count, seed, start, end, name="hostile")
    cases = [*((case, {}) for case in (*REFUSABLE, *DELIVERABLE)), *TEXTS]
    step = (end - start) // len(cases)
    made = [_case(n, start + n * step, *case) for n, case in enumerate(cases)]
    return sorted([*plain, *made, *_missing(start)], key=lambda one: one.created_us)


def _base(n: int, at_us: int) -> dict[str, Any]:
    return {
        "id": f"activity_01Hostile{n:03d}",
        "created_at": rfc3339(at_us),
        "organization_id": None,
        "organization_uuid": None,
        "actor": {"type": "system_actor", "service": None},
        "type": "claude_chat_created",
        "claude_chat_id": f"claude_chat_01Hostile{n:03d}",
    }


def _case(n: int, at_us: int, odd: dict[str, Any], texts: dict[str, str]) -> Issue:
    activity = {**_base(n, at_us), **odd}
    if not texts:
        return Issue(at_us + SECOND, at_us, activity)
    text = json.dumps(activity)
    for mark, raw in texts.items():
        text = text.replace(mark, raw)
    return Issue(at_us + SECOND, at_us, text)


def _missing(at_us: int) -> list[Issue]:
    """Rows that lack a field, and rows that are no objects at all."""
    lacking = [{k: v for k, v in _base(900, at_us).items() if k != gone} for gone in ("id", "type", "created_at")]
    texts: list[dict[str, Any] | str] = ["null", "[]", "{}", '"activity"', "17", "true"]
    return [Issue(at_us + SECOND, at_us, one) for one in (*lacking, *texts)]
