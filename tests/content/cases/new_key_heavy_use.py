"""Test cases of the rule "High token usage by new API key"."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, usage
from tests.content.records_key_inventory import key_differs
from tests.content.records_key_use import KEY, as_listed, cost, made, used
from tests.content.reference import DAY, NOW_S, RuleEvent, by, excluded, is_fresh

RULE = "keys/new-key-heavy-use"

MADE = made(KEY, at("04-15 08:20"))


def _older(days: int = 5, tokens: int = 400_000) -> list[Collected]:
    """Two older keys at work, a bucket a day each."""
    starts = [at("04-14 09:00") - timedelta(days=day) for day in range(days)]
    return [usage({"api_key_id": f"apikey_01{name}"}, start, tokens) for start in starts for name in ("Web", "Batch")]


def _spent(tokens: int, start: str = "04-15 08:00", **options: Any) -> Collected:
    return usage({"api_key_id": KEY}, at(start), tokens, **{"collected": NOON, **options})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    much = _spent(1_300_000)
    yield RuleTestCase("fires.more-than-three-times-the-usual", [*_older(), MADE, much])
    yield RuleTestCase("quiet.excluded-key", [*_older(), MADE, much], exclusion(RULE, KEY))
    yield RuleTestCase("quiet.nobody-made-it", [*_older(), _spent(9_000_000)])
    yield RuleTestCase("quiet.three-times-the-usual", [*_older(), MADE, _spent(1_200_000)])
    yield RuleTestCase(
        "fires.a-million-in-two-buckets", [*_older(tokens=100), MADE, _spent(600_000), _spent(400_000, "04-15 09:00")]
    )
    yield RuleTestCase("quiet.a-token-less-than-a-million", [*_older(tokens=100), MADE, _spent(999_999)])
    yield RuleTestCase("quiet.nine-days-of-others", [*_older()[1:], MADE, much])
    yield RuleTestCase(
        "quiet.most-of-it-on-the-second-day",
        [*_older(), made(KEY, at("04-14 08:20")), _spent(900_000, "04-14 10:00"), _spent(900_000, "04-15 08:30")],
    )
    yield RuleTestCase(
        "fires.only-the-list-knows-of-it",
        [*_older(), key_differs(None, as_listed(KEY), at("04-15 08:25")), much, much],
    )
    yield RuleTestCase(
        "fires.used-till-the-end-of-the-first-day",
        [*_older(), made(KEY, at("04-14 09:30")), _spent(5_000_000, "04-15 09:00"), used(KEY, at("04-15 10:00"))],
    )
    persons = [usage({"account_id": "user_01Dana"}, at("04-12 09:00"), 900_000_000)]
    yield RuleTestCase("fires.people-use-far-more", [*_older(), *persons, MADE, much])
    yield RuleTestCase("quiet.workspaces-cost-without-tokens", [*_older()[1:], *cost(at("04-13 00:00")), MADE, much])
    yield RuleTestCase(
        "quiet.restated-downwards", [*_older(), MADE, _spent(5_000_000, collected=at("04-15 11:00")), _spent(900_000)]
    )
    web = usage({"api_key_id": "apikey_01Web"}, at("04-13 15:00"), 90_000_000)
    yield RuleTestCase(
        "fires.another-new-key-is-no-older-one",
        [*_older(), made("apikey_01Web", at("04-01 13:00")), web, *_older(11)[10:], MADE, much],
    )
    yield RuleTestCase(
        "quiet.something-else-of-that-id-was-made",
        [
            *_older(),
            activity("rbac_role_created", ADMIN, at("04-15 08:20"), role_id=KEY),
            activity("platform_api_key_updated", ADMIN, at("04-15 08:20"), api_key_id=KEY, updates=[]),
            used(KEY, at("04-15 08:20"), request_method="POST"),
            much,
        ],
    )
    yield RuleTestCase(
        "quiet.collected-two-hours-ago", [*_older(), MADE, _spent(1_300_000, collected=at("04-15 10:00"))]
    )
    backfilled = made(KEY, at("04-15 08:20"), backfilled=True)
    yield RuleTestCase("quiet.creation-backfilled", [*_older(), backfilled, much])
    yield RuleTestCase("quiet.backfilled", [*_older(), MADE, _spent(1_300_000, backfilled=True)])
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [*_older(), MADE, much], exclusion("keys/dormant-key-awakened", KEY)
    )


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A key's first day has a million tokens, and three times the mean day of keys that are not new, or more."""
    events = [e for e in events if not e.backfilled and e.time >= NOW_S - 14 * DAY]
    creations = by(
        [e for e in events if (e.class_uid, e.activity_id, e.object_type) == (3004, 1, "API Key")], "object_uid"
    )
    records = by([e for e in events if e.code == "usage_report.messages"], "object_uid")
    days: dict[tuple[str, float], int] = {}
    for (key,), own in records.items():
        for e in own if (key,) not in creations else ():
            days[key, e.time // DAY] = days.get((key, e.time // DAY), 0) + e.tokens
    rows = []
    for (key,), made_by in creations.items():
        made_at = min(e.time for e in made_by)
        first = [e for e in records.get((key,), ()) if e.time < made_at + DAY]
        tokens = sum(e.tokens for e in first)
        if len(days) < 10 or not first or key in excluded(lookups, RULE):
            continue
        usual = statistics.mean(days.values())
        if tokens >= 1_000_000 and tokens > 3 * usual and is_fresh(first):
            maker = max((e.user or e.actor_uid or "" for e in made_by), default="")
            columns = {"first_use": min(e.time for e in first), "tokens": tokens, "usual": round(usual)}
            rows.append({"key": key, "made_at": made_at, "made_by": maker, **columns, "key_days": len(days)})
    return rows


EQUIVALENT = {
    "spl: without `claude_class=3004`": "the type of the object is asked below; here it keeps the search small",
}
"""What no event could show."""
