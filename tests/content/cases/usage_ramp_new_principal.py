"""Test cases of the rule "Token usage ramp by new principal"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, at, usage
from tests.content.records_tokens import cost
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded, is_fresh

RULE = "tokens/usage-ramp-new-principal"

KEY = {"api_key_id": "apikey_01New"}
SERVICE = {"service_account_id": "svac_01New"}
MUCH = 1_000_000


def _known(row: dict[str, str], since: str = "04-08 10:00", until: datetime = NOON) -> list[Collected]:
    """A principal with low usage every day."""
    start = at(since)
    return [usage(row, start + timedelta(days=day), 1000) for day in range((until - start).days + 1)]


OTHERS = _known({"api_key_id": "apikey_01Old"})


def _used(tokens: int = MUCH, start: str = "04-15 08:00", row: dict[str, str] = KEY, **options: Any) -> Collected:
    return usage(row, at(start), tokens, **{"collected": NOON, **options})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.a-key-on-its-first-day", [*OTHERS, _used()])
    yield RuleTestCase(
        "fires.a-service-account-tried-the-day-before",
        [
            *_known({"service_account_id": "svac_01Old"}, "04-07 10:00"),
            _used(10, "04-14 09:00", SERVICE, collected=None),
            _used(MUCH // 2, row=SERVICE),
            _used(MUCH // 2, "04-15 09:00", {**SERVICE, "model": "claude-sonnet-5"}),
        ],
    )
    workspace = {"workspace_id": "wrkspc_01Ramp", "api_key_id": "apikey_01Old"}
    yield RuleTestCase("fires.a-workspace", [*OTHERS, *_known({"workspace_id": "wrkspc_01Old"}), _used(row=workspace)])
    yield RuleTestCase("fires.restated-upwards", [*OTHERS, _used(MUCH // 2, collected=at("04-15 10:45")), _used()])
    yield RuleTestCase("quiet.less-than-a-million", [*OTHERS, _used(MUCH - 1)])
    yield RuleTestCase("quiet.restated-downwards", [*OTHERS, _used(collected=at("04-15 10:45")), _used(MUCH - 1)])
    yield RuleTestCase("quiet.the-same-bucket-twice", [*OTHERS, *[_used(MUCH // 2)] * 2])
    longer = _known({"api_key_id": "apikey_01Old"}, "04-06 10:00")
    yield RuleTestCase("quiet.on-its-third-day", [*longer, _used(10, "04-13 09:00", collected=None), _used()])
    yield RuleTestCase("quiet.records-of-six-days", [*_known({"api_key_id": "apikey_01Old"}, "04-09 10:00"), _used()])
    yield RuleTestCase("quiet.usage-by-key-begins-today", [*_known({"workspace_id": "wrkspc_01Apart"}), _used()])
    yield RuleTestCase(
        "quiet.cost-is-known-for-longer",
        [
            cost("wrkspc_01Cost", at("04-05 00:00"), "100"),
            *_known({"workspace_id": "wrkspc_01Cost"}, "04-09 10:00"),
            _used(row={"workspace_id": "wrkspc_01Costly"}),
        ],
    )
    yield RuleTestCase(
        "quiet.a-person", [*_known({"account_id": "user_01Dana"}), _used(row={"account_id": "user_01Eve"})]
    )
    yield RuleTestCase("quiet.at-work-for-long", [*OTHERS, _used(10, "04-10 09:00", collected=None), _used()])
    yield RuleTestCase("quiet.collected-two-hours-ago", [*OTHERS, _used(collected=at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [*OTHERS, _used(backfilled=True)])
    yield RuleTestCase("quiet.excluded-key", [*OTHERS, _used()], _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", [*OTHERS, _used()], _excluded("tokens/token-spike-key"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, KEY["api_key_id"], "takes over from another")


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A million tokens on the first day or the next, after a week of records of others of its kind."""
    days: dict[tuple[str, str], dict[float, list[RuleEvent]]] = {}
    for one in events:
        if one.code == "usage_report.messages" and not one.backfilled and one.time >= NOW_S - 14 * DAY:
            row = one.get("unmapped.usage")
            for field in ("api_key_id", "service_account_id", "workspace_id"):
                if field in row:
                    held = days.setdefault((one.get("metadata.tenant_uid"), row[field]), {})
                    held.setdefault(one.time - one.time % DAY, []).append(one)
    rows = []
    for (organization, principal), own in days.items():
        alike = [p for p in days if p[0] == organization and p[1].split("_")[0] == principal.split("_")[0]]
        known_since = min(day for p in alike for day in days[p])
        for day, records in own.items():
            tokens = sum(one.tokens for one in records)
            new = min(own) >= known_since + 7 * DAY and day <= min(own) + DAY
            if new and is_fresh(records) and tokens >= MUCH and principal not in excluded(lookups, RULE):
                columns = {"first_day": min(own), "day": day, "known_since": known_since}
                models = len({one.model for one in records if one.model})
                rows.append({"principal": principal, "tokens": tokens, "models": models, **columns})
    return rows


MUTATIONS = (
    Mutation(
        "records of another kind are history too",
        ("tostring(split(principal, '_')[0])", "''"),
        ('mvindex(split(principal, "_"), 0)', '""'),
        ("quiet.usage-by-key-begins-today",),
    ),
)
