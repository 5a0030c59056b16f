"""An active key whose owner has left."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import EXCLUSIONS, Story
from tests.content.plain import DAY, NOW_S, Seen, by, excluded
from tests.content.records import Collected, activity, at, person
from tests.content.records_key_inventory import OWNER, key_differs, key_seen, listed_key

RULE = "keys/orphan-key"

KEY = "apikey_01Left"
TODAY = "04-15 00:05"


def _listed(member: bool = False, time: str = TODAY, status: str = "active", **options: Any) -> Collected:
    """The key in the day's inventory, its owner looked up in the list of members."""
    derived: dict[str, Any] = {"age_days": 165, "owner_uid": OWNER, "owner_is_member": member}
    return key_seen(listed_key(KEY, status=status), at(time), **derived, **options)


def stories() -> Iterator[Story]:
    """What fires, and what does not."""
    used: dict[str, Any] = {"tokens_7d": 0, "tokens_30d": 48_210, "last_used": "2026-04-02T14:00:00Z"}
    yield Story("fires.of-somebody-who-left", [_listed(**used), _listed(**used)])
    yield Story("quiet.of-a-member", [_listed(member=True)])
    yield Story("fires.listed-a-day-ago", [_listed(time="04-14 11:10")])
    yield Story("quiet.listed-two-days-ago", [_listed(time="04-13 12:30")])
    renamed = {"type": "name", "previous_value": "batch", "current_value": "nightly batch"}
    change = activity("platform_api_key_updated", person("admin"), at("04-15 09:00"), api_key_id=KEY, updates=[renamed])
    yield Story("fires.renamed-since", [_listed(), change])
    yield Story("quiet.disabled-since", [_listed(), _listed(time="04-15 09:00", status="inactive")])
    yield Story("quiet.gone-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 09:00"))])
    newer = listed_key(KEY, principal={"user_id": OWNER, "type": "user_actor"}, scope={"workspace_id": "wrkspc_01New"})
    del newer["workspace_id"]
    yesterday = _listed(member=True, time="04-14 11:10")
    yield Story(
        "fires.left-since-yesterday", [yesterday, key_seen(newer, at(TODAY), owner_uid=OWNER, owner_is_member=False)]
    )
    unknown = key_seen(listed_key(KEY, principal={"id": "svac_01Batch", "type": "service_account"}), at(TODAY))
    yield Story("quiet.of-a-service-account", [unknown])
    yield Story("quiet.backfilled", [_listed(backfilled=True)])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "keys/old-key-used")):
        yield Story(name, [_listed()], {"claude_exclusions": f"{EXCLUSIONS}{rule},{KEY},handed over in May\n"})


def reading(seen: Sequence[Seen], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Keys whose newest listing of the last two days is new, active and names an owner who is no member."""
    told = [s for s in seen if s.code in ("api_key.inventory", "api_key.vanished") and not s.backfilled]
    rows = []
    for (key,), own in by([s for s in told if s.time >= NOW_S - 2 * DAY], "object_uid").items():
        newest = max(own, key=lambda s: s.time)
        derived = newest.get("unmapped.derived") or {}
        if derived.get("owner_is_member") is not False or key in excluded(lookups, RULE):
            continue
        (shown,) = newest.event["resources"]
        if shown["data"]["status"] == "active" and newest.collected >= NOW_S - 25 * 3600:
            names = ("owner_uid", "age_days", "last_used", "tokens_7d", "tokens_30d")
            workspace = shown["data"].get("workspace_id") or shown["data"].get("scope", {}).get("workspace_id")
            row = {"key": key, "key_name": shown["name"], "workspace": workspace}
            rows.append({**row, "listed_at": newest.time, **{name: derived.get(name) for name in names}})
    return rows
