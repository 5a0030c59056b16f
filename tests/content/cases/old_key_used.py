"""Test cases of the rule "API key used past its maximum age"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion, key_lookup_row
from tests.content.records import Collected, at, usage
from tests.content.records_key_inventory import key_differs, key_in_inventory, key_renamed, listed_key
from tests.content.reference import DAY, NOW_S, RuleEvent, by, excluded, is_fresh
from tests.content.reference_keys import active_keys, contact_and_limit

RULE = "keys/old-key-used"

KEY = "apikey_01Old"


def _listed(age_days: int = 180, time: str = "04-14 06:00", status: str = "active", **options: Any) -> Collected:
    return key_in_inventory(listed_key(KEY, status=status), at(time), age_days=age_days, **options)


def _tokens(
    tokens: int = 5000, start: str = "04-15 09:00", *, collected: datetime | None = NOON, **options: Any
) -> Collected:
    return usage({"api_key_id": KEY}, at(start), tokens, collected=collected, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    renamed = key_renamed(KEY, at("04-15 10:00"))
    yield RuleTestCase("fires.half-a-year-old", [_listed(), renamed, _tokens(0, "04-15 08:00"), _tokens()])
    yield RuleTestCase("quiet.a-day-younger", [_listed(179), _tokens()])
    other = usage({"api_key_id": KEY, "model": "claude-haiku-5"}, at("04-14 09:00"), 300)
    restated = [_tokens(100, collected=at("04-15 10:10")), _tokens(700), _tokens(700)]
    yield RuleTestCase("fires.two-models-once-restated", [_listed(), _listed(), other, *restated])
    yield RuleTestCase("quiet.no-tokens", [_listed(), _tokens(0)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_listed(), _tokens(collected=at("04-15 10:00"))])
    yield RuleTestCase("quiet.disabled-since", [_listed(), _listed(time="04-15 09:00", status="inactive"), _tokens()])
    yield RuleTestCase(
        "quiet.deleted-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 09:00")), _tokens()]
    )
    yield RuleTestCase("fires.listed-by-day", [_listed(199), _listed(200, time="04-15 06:00"), _tokens()])
    yield RuleTestCase("quiet.another-key", [_listed(), usage({"api_key_id": "apikey_01New"}, at("04-15 09:00"), 5000)])
    yield RuleTestCase("fires.at-twice-its-own-limit", [_listed(60), _tokens()], key_lookup_row(KEY, 30))
    yield RuleTestCase("quiet.a-day-before-twice-its-own-limit", [_listed(729), _tokens()], key_lookup_row(KEY, 365))
    yield RuleTestCase("fires.registered-without-a-limit", [_listed(180), _tokens()], key_lookup_row(KEY))
    yield RuleTestCase("quiet.backfilled", [_listed(), _tokens(backfilled=True)])
    yield RuleTestCase("quiet.backfilled-inventory", [_listed(backfilled=True), _tokens()])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "keys/orphan-key")):
        yield RuleTestCase(name, [_listed(), _tokens()], exclusion(rule, KEY, "built in"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Active keys with new tokens that are 180 days old or more, or twice the age that the lookup allows them.

    By their newest inventory record of three days.
    """
    tokens = [e for e in events if e.stream == "usage" and e.tokens and not e.backfilled and e.time >= NOW_S - 3 * DAY]
    used_by = by(tokens, "object_uid")
    rows = []
    for record in active_keys(events, days=3):
        used, age_days = used_by.get((record.key,), []), record.derived.get("age_days") or 0
        contact, own_limit = contact_and_limit(record.key, lookups)
        least = 180 if own_limit is None else 2 * own_limit
        if is_fresh(used) and age_days >= least and record.key not in excluded(lookups, RULE):
            times = [u.time for u in used]
            row = {"key": record.key, "key_name": record.name, "owner_uid": record.owner_uid, "age_days": age_days}
            row |= {"contact": contact, "first_use": min(times), "last_use": max(times), "buckets": len(used)}
            rows.append({**row, "tokens": sum(u.tokens for u in used), "models": len({u.model for u in used})})
    return rows


MUTATIONS = (
    Mutation(
        "a disabled key counts",
        ("object_status == 'active' and", ""),
        ('AND object_status="active"', ""),
        ("quiet.disabled-since",),
    ),
)
"""Mutants that are not generated."""
