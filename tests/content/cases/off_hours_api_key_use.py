"""Test cases of the rule "API key used at unusual hours"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, key_actor, person, usage
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded
from tests.content.reference_keys import key_at_work
from tests.content.reference_off_hours import first_and_last, unusual_days

RULE = "off-hours/off-hours-api-key-use"
KEY = "apikey_01Office"
OFFICE = (8, 17)


def _history(hours: Sequence[int] = OFFICE, days: int = 7, key: str = KEY, **options: Any) -> list[Collected]:
    """A bucket at each of the hours, on days until the day before yesterday."""
    begin = at("04-13 00:00")
    times = [begin - timedelta(days=day) + timedelta(hours=hour) for day in range(days) for hour in hours]
    return [usage({"api_key_id": key}, time, 1000, **options) for time in times]


def _bucket(time: str = "04-15 05:00", tokens: int = 5000, key: str = KEY, **options: Any) -> Collected:
    return usage({"api_key_id": key}, at(time), tokens, **{"collected": NOON, **options})


def _call(time: str, actor: dict[str, Any] | None = None, **options: Any) -> Collected:
    fields = {"api_key_id": KEY, "request_id": "req_1", "request_method": "GET", "status_code": 200, **options}
    return activity("compliance_api_accessed", actor or key_actor(KEY), at(time), **fields)


def _calls_by_day(days: int, actor: dict[str, Any]) -> list[Collected]:
    return [_call(f"04-{13 - day:02} 09:15", actor) for day in range(days)]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.tokens-three-hours-before-the-earliest", [*_history(), _bucket()])
    yield RuleTestCase(
        "fires.calls-and-tokens-of-one-key-by-night",
        [
            *_calls_by_day(4, key_actor(KEY)),
            *_history([14], 7)[3:],
            _bucket("04-15 03:00"),
            _call("04-15 03:20", collected=at("04-15 10:45")),
            _call("04-15 04:20", key_actor(KEY, "203.0.113.80"), collected=NOON),
        ],
    )
    admin = {"type": "admin_api_key_actor", "admin_api_key_id": "apikey_01Adm", "ip_address": "203.0.113.24"}
    yield RuleTestCase(
        "fires.a-key-of-the-admin-api", [*_calls_by_day(7, admin), _call("04-15 01:30", admin, collected=NOON)]
    )
    yield RuleTestCase(
        "fires.twelve-hours-a-day", [*_history(range(8, 20), 1), *_history(OFFICE, 7), _bucket("04-15 04:00")]
    )
    yield RuleTestCase("fires.with-a-backfilled-history", [*_history(backfilled=True), _bucket()])
    yield RuleTestCase(
        "fires.a-figure-stated-again",
        [*_history(), _bucket("04-14 21:00", 0, collected=at("04-14 23:00")), _bucket("04-14 21:00", 90)],
    )
    yield RuleTestCase(
        "quiet.known-and-stated-again",
        [*_history(), _bucket("04-14 21:00", 70, collected=at("04-14 23:00")), _bucket("04-14 21:00", 90)],
    )
    admin_call = _call("04-15 01:30", admin, collected=at("04-15 10:00"))
    yield RuleTestCase(
        "quiet.a-call-before-the-last-run",
        [*_calls_by_day(7, admin), admin_call, _call("04-15 01:40", admin, collected=NOON)],
    )
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [*_history(), _bucket()], exclusion("keys/revoked-key-used", KEY)
    )
    yield RuleTestCase("quiet.six-days-of-history", [*_history(days=6), _bucket()])
    yield RuleTestCase("fires.fourteen-hours-a-day", [*_history(range(8, 22), 7), _bucket("04-15 04:00")])
    other = "apikey_01Evening"
    yield RuleTestCase(
        "quiet.two-hours-away-across-midnight",
        [
            *_history([21, 23]),
            _bucket("04-15 01:00"),
            *_history([0, 3], key=other),
            _bucket("04-14 22:00", key=other),
        ],
    )
    yield RuleTestCase(
        "quiet.stated-again-as-nothing", [*_history(), _bucket(collected=at("04-15 07:00")), _bucket(tokens=0)]
    )
    yield RuleTestCase("quiet.a-bucket-without-tokens", [*_history(), _bucket(tokens=0)])
    lena = person("lena")
    yield RuleTestCase(
        "quiet.people-and-their-tokens",
        [
            *_calls_by_day(7, lena),
            _call("04-15 03:20", lena, collected=NOON),
            *(usage({"account_id": "user_lena"}, at(f"04-{day:02} 09:00"), 10) for day in range(6, 14)),
            usage({"account_id": "user_lena"}, at("04-15 03:00"), 10, collected=NOON),
        ],
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [*_history(), _bucket(collected=at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [*_history(), _bucket(backfilled=True)])
    yield RuleTestCase("quiet.excluded-key", [*_history(), _bucket()], exclusion(RULE, KEY, "moved to the night"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A key of seven days, used on a day three hours or more from each hour of the days before."""
    uses: dict[str, list[RuleEvent]] = {}
    for one in events:
        if one.time >= NOW_S - 14 * DAY and (key := key_at_work(one)):
            uses.setdefault(key, []).append(one)
    rows = []
    for key, own in uses.items():
        for day, found in unusual_days(own, away=3):
            events = found.events
            if found.days < 7 or any(_was_known(one) for one in events) or key in excluded(lookups, RULE):
                continue
            first, last = first_and_last(events)
            counted = {
                "calls": sum(one.stream == "activity" for one in events),
                "tokens": sum(one.tokens for one in events if one.stream == "usage"),
            }
            rows.append({"key": key, "day": day, "first_use": first, "last_use": last, **counted, **found.row()})
    return rows


def _was_known(one: RuleEvent) -> bool:
    """Whether an earlier run could see a use."""
    return bool(one.known) and (one.stream == "activity" or one.as_known().tokens > 0)


MUTATIONS = (
    Mutation(
        "the clock has an end",
        ("min_of(ahead, 24 - ahead)", "abs(hour - usual_hour)"),
        ("min(ahead, 24 - ahead)", "abs(tonumber(hour) - tonumber(usual))"),
        ("quiet.two-hours-away-across-midnight",),
    ),
)
"""Mutants that are not generated."""

EQUIVALENT = {
    "spl: without `hour_since=day`": "an hour used before is no hour away; this leaves little to expand",
}
