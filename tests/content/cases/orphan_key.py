"""Test cases of the rule "Active API key of departed user"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import RuleTestCase, exclusion, key_lookup_row
from tests.content.records import Collected, at
from tests.content.records_key_inventory import OWNER, key_differs, key_in_inventory, key_renamed, listed_key
from tests.content.reference import RuleEvent, excluded
from tests.content.reference_keys import active_keys, contact_and_limit

RULE = "keys/orphan-key"

KEY = "apikey_01Left"
TODAY = "04-15 00:05"


def _listed(member: bool = False, time: str = TODAY, status: str = "active", **options: Any) -> Collected:
    """The key in the day's inventory, its owner looked up in the list of members."""
    derived: dict[str, Any] = {"age_days": 165, "owner_uid": OWNER, "owner_is_member": member}
    return key_in_inventory(listed_key(KEY, status=status), at(time), **derived, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    used: dict[str, Any] = {"tokens_7d": 0, "tokens_30d": 48_210, "last_used": "2026-04-02T14:00:00Z"}
    yield RuleTestCase("fires.owner-left", [_listed(**used), _listed(**used)])
    yield RuleTestCase("quiet.of-a-member", [_listed(member=True)])
    yield RuleTestCase("fires.listed-a-day-ago", [_listed(time="04-14 11:10")])
    yield RuleTestCase("quiet.listed-two-days-ago", [_listed(time="04-13 12:30")])
    yield RuleTestCase("fires.renamed-since", [_listed(), key_renamed(KEY, at("04-15 09:00"))])
    yield RuleTestCase("quiet.disabled-since", [_listed(), _listed(time="04-15 09:00", status="inactive")])
    yield RuleTestCase("quiet.deleted-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 09:00"))])
    newer = listed_key(KEY, principal={"user_id": OWNER, "type": "user_actor"}, scope={"workspace_id": "wrkspc_01New"})
    del newer["workspace_id"]
    yesterday = _listed(member=True, time="04-14 11:10")
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
    """Keys whose newest inventory record of the last two days is new, active and names an owner who is no member."""
    rows = []
    for record in active_keys(events, days=2):
        gone = record.derived.get("owner_is_member") is False
        if not record.is_new or not gone or record.key in excluded(lookups, RULE):
            continue
        workspace = record.shown.get("workspace_id") or record.shown.get("scope", {}).get("workspace_id")
        contact, _ = contact_and_limit(record.key, lookups)
        row = {
            "key": record.key,
            "key_name": record.name,
            "contact": contact,
            "workspace": workspace,
            "listed_at": record.time,
        }
        names = ("owner_uid", "age_days", "last_used", "tokens_7d", "tokens_30d")
        rows.append({**row, **{name: record.derived.get(name) for name in names}})
    return rows
