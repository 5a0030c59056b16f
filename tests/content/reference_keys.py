"""Keys by their newest inventory records, and key usage, in Python."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.content.reference import DAY, HOUR, NOW_S, RuleEvent, by, rows_of

_KEY_ACTORS = ("api_actor", "admin_api_key_actor")
_NEWLY_LISTED = NOW_S - 25 * HOUR
"""A daily rule evaluates inventory records collected since then."""


class KeyRecord(NamedTuple):
    """A key in its newest inventory record."""

    key: str
    name: str
    owner_uid: str | None
    shown: dict[str, Any]
    """All other fields of the inventory."""
    derived: dict[str, Any]
    """Values derived by the forwarder."""
    time: float
    is_new: bool
    """Whether a daily rule has not evaluated it yet."""


def active_keys(events: Iterable[RuleEvent], days: int) -> list[KeyRecord]:
    """The newest inventory record within `days` of each key that is active and has not vanished since."""
    records = [e for e in events if e.code in ("api_key.inventory", "api_key.vanished") and not e.backfilled]
    by_key = by([e for e in records if e.time >= NOW_S - days * DAY], "object_uid").values()
    newest = [max(own, key=lambda e: e.time) for own in by_key]
    held = [_key_record(one) for one in newest if one.code == "api_key.inventory"]
    return [record for record in held if record.shown["status"] == "active"]


def calls_by_keys(events: Iterable[RuleEvent]) -> list[RuleEvent]:
    """Activity of keys within two weeks, from the feed."""
    calls = [e for e in events if e.actor_type in _KEY_ACTORS and e.stream == "activity"]
    return [e for e in calls if e.time >= NOW_S - 14 * DAY]


def key_at_work(one: RuleEvent) -> str | None:
    """The key that made the call or used tokens, if any."""
    if one.stream == "usage":
        return one.object_uid if one.code == "usage_report.messages" and one.tokens > 0 else None
    return one.actor_uid if one.actor_type in _KEY_ACTORS else None


def network_of(one: RuleEvent, lookups: Mapping[str, str]) -> str:
    """Three bytes of its IPv4 address or two groups of IPv6, or the name that `claude_networks` has for them, or ``."""
    found = re.match(r"\d+\.\d+\.\d+|[0-9a-f]+:[0-9a-f]*", one.src_ip or "")
    names = {row["network"]: row["name"] for row in rows_of(lookups, "claude_networks")}
    return names.get(found[0], found[0]) if found else ""


def contact_and_limit(key: str, lookups: Mapping[str, str]) -> tuple[str | None, int | None]:
    """Contact and maximum age of a key in `claude_keys`."""
    for row in rows_of(lookups, "claude_keys"):
        if row["key"] == key:
            return row["contact"] or None, int(row["max_age_days"]) if row["max_age_days"] else None
    return None, None


def _key_record(one: RuleEvent) -> KeyRecord:
    (key,) = one.event["resources"]
    owner, derived = key.get("owner", {}).get("uid"), one.get("unmapped.derived") or {}
    return KeyRecord(key["uid"], key["name"], owner, key["data"], derived, one.time, one.arrived >= _NEWLY_LISTED)
