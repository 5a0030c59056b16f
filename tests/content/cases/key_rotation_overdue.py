"""An active key that is older than keys may become."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import Story, exclusion, register
from tests.content.plain import Seen, excluded
from tests.content.plain_keys import active_keys, registered
from tests.content.records import Collected, at
from tests.content.records_key_inventory import key_differs, key_renamed, key_seen, listed_key

RULE = "keys/key-rotation-overdue"

KEY = "apikey_01Old"
TODAY = "04-15 00:05"


def _listed(age_days: int | None = 165, time: str = TODAY, status: str = "active", **options: Any) -> Collected:
    """The key in the day's inventory."""
    derived = {} if age_days is None else {"age_days": age_days}
    return key_seen(listed_key(KEY, status=status), at(time), **{**derived, **options})


def stories() -> Iterator[Story]:
    """What fires, and what does not."""
    used: dict[str, Any] = {"expires_in_days": 30, "tokens_30d": 48_210, "last_used": "2026-04-12T14:00:00Z"}
    yield Story("fires.half-a-year-old", [_listed(**used), _listed(**used)])
    yield Story("fires.on-the-ninetieth-day", [_listed(90)])
    yield Story("quiet.a-day-younger", [_listed(89)])
    yield Story("fires.listed-a-day-ago", [_listed(time="04-14 11:10")])
    yield Story("quiet.listed-two-days-ago", [_listed(time="04-13 12:30")])
    yield Story("fires.renamed-since", [_listed(), key_renamed(KEY, at("04-15 09:00"))])
    yield Story("quiet.disabled-since", [_listed(), _listed(time="04-15 09:00", status="inactive")])
    yield Story("fires.enabled-since", [_listed(status="inactive"), _listed(time="04-15 09:00")])
    yield Story("quiet.gone-since", [_listed(), key_differs(listed_key(KEY), None, at("04-15 09:00"))])
    yield Story("quiet.of-unknown-age", [_listed(None)])
    yield Story("fires.at-its-own-limit", [_listed(30)], register(KEY, 30))
    yield Story("quiet.a-day-before-its-own-limit", [_listed(364)], register(KEY, 365))
    yield Story("fires.registered-without-a-limit", [_listed(90)], register(KEY))
    yield Story("quiet.backfilled", [_listed(backfilled=True)])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "keys/orphan-key")):
        yield Story(name, [_listed()], exclusion(rule, KEY, "replaced in May"))


def reading(seen: Sequence[Seen], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Keys whose newest listing of the last two days is new, active and at least ninety days after their making.

    Or as many as the register lets the key live.
    """
    rows = []
    for listing in active_keys(seen, days=2):
        age_days = listing.derived.get("age_days") or 0
        contact, own_limit = registered(listing.key, lookups)
        limit = 90 if own_limit is None else own_limit
        if not listing.is_new or age_days < limit or listing.key in excluded(lookups, RULE):
            continue
        row: dict[str, Any] = {"key": listing.key, "key_name": listing.name, "owner_uid": listing.owner_uid}
        row |= {"contact": contact, "created_at": listing.shown.get("created_at")}
        row |= {"age_days": age_days, "overdue_days": age_days - limit}
        use = {name: listing.derived.get(name) for name in ("expires_in_days", "last_used", "tokens_30d")}
        rows.append({**row, "listed_at": listing.time, **use})
    return rows
