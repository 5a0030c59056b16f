"""Test cases of the rule "Active API key of departed user"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import RuleTestCase, exclusion, key_lookup_row
from tests.content.records import Collected, arriving, at
from tests.content.records_key_inventory import OWNER, key_differs, key_in_inventory, key_renamed, listed_key
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, by, excluded
from tests.content.reference_keys import contact_and_limit

RULE = "keys/orphan-key"

KEY = "apikey_01Left"
TODAY = "04-15 11:05"


def _listed(
    member: bool = False, time: str = TODAY, status: str = "active", age_days: int = 165, **options: Any
) -> Collected:
    """The key in the day's inventory, its owner looked up in the list of members."""
    derived: dict[str, Any] = {"age_days": age_days, "owner_uid": OWNER, "owner_is_member": member}
    return key_in_inventory(listed_key(KEY, status=status), at(time), **derived, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    used: dict[str, Any] = {"tokens_7d": 0, "tokens_30d": 48_210, "last_used": "2026-04-02T14:00:00Z"}
    yield RuleTestCase("fires.owner-left", [_listed(**used), _listed(**used)])
    yield RuleTestCase("quiet.of-a-member", [_listed(member=True)])
    yield RuleTestCase("quiet.listed-two-hours-ago", [_listed(time="04-15 09:59")])
    listed_yesterday = _listed(time="04-14 11:05", age_days=179)
    yield RuleTestCase("quiet.still-without-an-owner", [_listed(time="04-14 11:05", age_days=164), _listed()])
    yield RuleTestCase("quiet.listed-five-days-ago", [_listed(time="04-10 11:05"), _listed(age_days=166)])
    yield RuleTestCase("fires.reminded-after-half-a-year", [listed_yesterday, _listed(age_days=180)])
    yield RuleTestCase("quiet.reminded-yesterday", [_listed(time="04-14 11:05", age_days=180), _listed(age_days=181)])
    outage = [arriving(_listed(time=f"04-{day} 11:05"), at("04-15 11:10")) for day in (12, 13, 14)]
    yield RuleTestCase("fires.listed-for-days-before-it-arrived", [*outage, _listed()])
    yield RuleTestCase(
        "fires.left-again", [_listed(time="04-13 11:05"), _listed(member=True, time="04-14 11:05"), _listed()]
    )
    yield RuleTestCase("fires.after-a-backfilled-record", [_listed(time="04-13 11:05", backfilled=True), _listed()])
    late = arriving(_listed(time="04-14 11:05"), at("04-15 11:10"))
    yield RuleTestCase("quiet.back-since", [late, _listed(member=True, backfilled=True)])
    yield RuleTestCase("fires.renamed-since", [_listed(), key_renamed(KEY, at("04-15 11:30"))])
    yield RuleTestCase("quiet.disabled-since", [_listed(), _listed(time="04-15 11:30", status="inactive")])
    yield RuleTestCase("quiet.deleted-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 11:30"))])
    newer = listed_key(KEY, principal={"user_id": OWNER, "type": "user_actor"}, scope={"workspace_id": "wrkspc_01New"})
    del newer["workspace_id"]
    yesterday = _listed(member=True, time="04-14 11:05")
    yield RuleTestCase(
        "fires.owner-left-since-yesterday",
        [yesterday, key_in_inventory(newer, at(TODAY), owner_uid=OWNER, owner_is_member=False)],
    )
    unknown = key_in_inventory(listed_key(KEY, principal={"id": "svac_01Batch", "type": "service_account"}), at(TODAY))
    yield RuleTestCase("quiet.of-a-service-account", [unknown])
    yield RuleTestCase("fires.with-a-contact", [_listed()], key_lookup_row(KEY))
    yield RuleTestCase("quiet.backfilled", [_listed(backfilled=True)])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "keys/old-key-used")):
        yield RuleTestCase(name, [_listed()], exclusion(rule, KEY, "handed over in May"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Keys that became orphans by records that are all new, and those whose new record has a round age."""
    codes = ("api_key.inventory", "api_key.vanished")
    records = by([e for e in events if e.code in codes and e.time >= NOW_S - 14 * DAY], "object_uid")
    rows = []
    for (key,), own in records.items():
        ended = max((e.time for e in own if not _is_orphan(e)), default=0)
        since = [e for e in own if e.time > ended and not e.backfilled]
        new = [e for e in since if e.arrived >= FRESH]
        reminds = any((e.get("unmapped.derived.age_days") or 1) % 30 == 0 for e in new)
        if not new or (len(new) < len(since) and not reminds) or key in excluded(lookups, RULE):
            continue
        newest = max(since, key=lambda e: e.time)
        shown, derived = newest.event["resources"][0], newest.get("unmapped.derived")
        workspace = shown["data"].get("workspace_id") or shown["data"].get("scope", {}).get("workspace_id")
        contact, _ = contact_and_limit(key, lookups)
        row = {"key": key, "key_name": shown["name"], "contact": contact, "workspace": workspace}
        names = ("owner_uid", "age_days", "last_used", "tokens_7d", "tokens_30d")
        rows.append({**row, "listed_at": newest.time, **{name: derived.get(name) for name in names}})
    return rows


def _is_orphan(one: RuleEvent) -> bool:
    status = one.event["resources"][0]["data"].get("status") if one.code == "api_key.inventory" else None
    return status == "active" and one.get("unmapped.derived.owner_is_member") is False
