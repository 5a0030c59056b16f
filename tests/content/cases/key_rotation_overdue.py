"""Test cases of the rule "API key rotation overdue"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import RuleTestCase, exclusion, key_lookup_row
from tests.content.records import Collected, at
from tests.content.records_key_inventory import key_differs, key_in_inventory, key_renamed, listed_key
from tests.content.reference import RuleEvent, excluded
from tests.content.reference_keys import active_keys, contact_and_limit

RULE = "keys/key-rotation-overdue"

KEY = "apikey_01Old"
TODAY = "04-15 00:05"


def _listed(age_days: int | None = 165, time: str = TODAY, status: str = "active", **options: Any) -> Collected:
    """The key in the day's inventory."""
    derived = {} if age_days is None else {"age_days": age_days}
    return key_in_inventory(listed_key(KEY, status=status), at(time), **{**derived, **options})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    used: dict[str, Any] = {"expires_in_days": 30, "tokens_30d": 48_210, "last_used": "2026-04-12T14:00:00Z"}
    yield RuleTestCase("fires.half-a-year-old", [_listed(**used), _listed(**used)])
    yield RuleTestCase("fires.on-the-ninetieth-day", [_listed(90)])
    yield RuleTestCase("quiet.a-day-younger", [_listed(89)])
    yield RuleTestCase("fires.listed-a-day-ago", [_listed(time="04-14 11:10")])
    yield RuleTestCase("quiet.listed-two-days-ago", [_listed(time="04-13 12:30")])
    yield RuleTestCase("fires.renamed-since", [_listed(), key_renamed(KEY, at("04-15 09:00"))])
    yield RuleTestCase("quiet.disabled-since", [_listed(), _listed(time="04-15 09:00", status="inactive")])
    yield RuleTestCase("fires.enabled-since", [_listed(status="inactive"), _listed(time="04-15 09:00")])
    yield RuleTestCase("quiet.deleted-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 09:00"))])
    yield RuleTestCase("quiet.of-unknown-age", [_listed(None)])
    yield RuleTestCase("fires.at-its-own-limit", [_listed(30)], key_lookup_row(KEY, 30))
    yield RuleTestCase("quiet.a-day-before-its-own-limit", [_listed(364)], key_lookup_row(KEY, 365))
    yield RuleTestCase("fires.registered-without-a-limit", [_listed(90)], key_lookup_row(KEY))
    yield RuleTestCase("quiet.backfilled", [_listed(backfilled=True)])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "keys/orphan-key")):
        yield RuleTestCase(name, [_listed()], exclusion(rule, KEY, "replaced in May"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Active keys of ninety days or more, or of the age that the lookup allows them, by their newest inventory record.

    The record is new and not older than two days.
    """
    rows = []
    for record in active_keys(events, days=2):
        age_days = record.derived.get("age_days") or 0
        contact, own_limit = contact_and_limit(record.key, lookups)
        limit = 90 if own_limit is None else own_limit
        if not record.is_new or age_days < limit or record.key in excluded(lookups, RULE):
            continue
        row: dict[str, Any] = {"key": record.key, "key_name": record.name, "owner_uid": record.owner_uid}
        row |= {"contact": contact, "created_at": record.shown.get("created_at")}
        row |= {"age_days": age_days, "overdue_days": age_days - limit}
        use = {name: record.derived.get(name) for name in ("expires_in_days", "last_used", "tokens_30d")}
        rows.append({**row, "listed_at": record.time, **use})
    return rows
