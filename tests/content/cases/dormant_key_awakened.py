"""Test cases of the rule "Dormant API key used"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, usage
from tests.content.records_key_use import KEY, listed, made, of_claude_code, used
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded
from tests.content.reference_keys import key_at_work

RULE = "keys/dormant-key-awakened"

OTHER = "apikey_01Other"
FEED_BEGINS = [used(OTHER, at("04-01 13:00"))]
USAGE_BEGINS = [usage({"api_key_id": OTHER}, at("04-01 13:00"), 500)]


def _woken(tokens: int = 5000, start: str = "04-15 09:00", **options: Any) -> Collected:
    """A bucket of the key, read at noon by default."""
    return usage({"api_key_id": KEY}, at(start), tokens, **{"collected": NOON, **options})


def _known(last_used: str) -> Collected:
    """Yesterday's inventory record with the key's last use."""
    return listed(KEY, at("04-14 06:00"), at(last_used))


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    asleep = [_known("03-01 10:00"), *USAGE_BEGINS]
    yield RuleTestCase("fires.unused-for-weeks-by-the-inventory", [*asleep, _woken(), _woken(700, "04-15 10:00")])
    yield RuleTestCase("quiet.excluded-key", [*asleep, _woken()], exclusion(RULE, KEY))
    yield RuleTestCase("quiet.backfilled", [*asleep, _woken(backfilled=True), used(KEY, NOON, backfilled=True)])
    yield RuleTestCase("fires.thirteen-days-to-the-minute", [_known("04-02 09:00"), *USAGE_BEGINS, _woken()])
    yield RuleTestCase("fires.unused-since-the-feed-begins", [*FEED_BEGINS, used(KEY, at("04-15 11:30"))])
    yield RuleTestCase(
        "fires.an-admin-key-after-its-use-two-weeks-ago",
        [
            *(used(OTHER, at("04-01 12:30"), admin=True) for _ in range(2)),
            used(KEY, at("04-01 12:40"), admin=True),
            used(KEY, at("04-15 11:10"), admin=True),
            used(KEY, at("04-15 11:30"), admin=True, ip="203.0.113.9"),
        ],
    )
    yield RuleTestCase(
        "fires.last-use-restated-to-none",
        [
            *asleep,
            usage({"api_key_id": KEY}, at("04-10 09:00"), 900),
            usage({"api_key_id": KEY}, at("04-10 09:00"), 0, collected=at("04-11 12:00")),
            _woken(100, collected=at("04-15 11:10")),
            _woken(),
            _woken(),
        ],
    )
    yield RuleTestCase(
        "fires.only-a-backfilled-use-between",
        [*asleep, _woken(400, "04-09 09:00", collected=at("04-14 12:00"), backfilled=True), _woken()],
    )
    renamed = {"type": "name", "previous_value": "batch", "current_value": "nightly"}
    yield RuleTestCase(
        "fires.nothing-that-made-it",
        [
            *FEED_BEGINS,
            activity("rbac_role_created", ADMIN, at("04-14 09:00"), role_id=KEY),
            activity("platform_api_key_updated", ADMIN, at("04-14 09:00"), api_key_id=KEY, updates=[renamed]),
            used(KEY, NOON, request_method="POST"),
        ],
    )
    yield RuleTestCase("fires.excluded-from-another-rule", [*asleep, _woken()], exclusion("keys/revoked-key-used", KEY))
    yield RuleTestCase("quiet.used-twelve-days-ago", [_known("04-03 08:00"), *USAGE_BEGINS, _woken()])
    yield RuleTestCase(
        "quiet.used-the-hour-before", [*asleep, _woken(300, "04-15 08:00", collected=at("04-15 10:30")), _woken()]
    )
    yield RuleTestCase("quiet.used-in-the-feed-the-week-before", [*asleep, used(KEY, at("04-08 09:00")), _woken()])
    yield RuleTestCase("quiet.no-tokens", [*asleep, _woken(0)])
    yield RuleTestCase("quiet.made-the-day-before", [*FEED_BEGINS, made(KEY, at("04-14 09:00")), used(KEY, NOON)])
    yield RuleTestCase("quiet.records-begin-last-week", [used(OTHER, at("04-08 09:00")), used(KEY, NOON)])
    yield RuleTestCase(
        "quiet.usage-begins-last-week",
        [*FEED_BEGINS, of_claude_code(at("04-02 00:00")), usage({"api_key_id": OTHER}, at("04-08 09:00"), 1), _woken()],
    )
    yield RuleTestCase(
        "quiet.made-before-usage-begins",
        [
            *FEED_BEGINS,
            made(KEY, at("04-01 14:00")),
            usage({"api_key_id": OTHER}, at("04-08 09:00"), 1),
            _woken(),
        ],
    )
    yield RuleTestCase(
        "quiet.tokens-of-no-key-and-a-key-of-no-name",
        [
            *FEED_BEGINS,
            *USAGE_BEGINS,
            usage({"account_id": "user_01Dana"}, at("04-15 09:00"), 5000, collected=NOON),
            activity("compliance_api_accessed", {"type": "api_actor"}, NOON),
        ],
    )
    yield RuleTestCase(
        "quiet.a-person-after-weeks",
        [*FEED_BEGINS, activity("claude_chat_created", ADMIN, NOON, claude_chat_id="claude_chat_1")],
    )
    yield RuleTestCase(
        "quiet.collected-two-hours-ago", [*asleep, _woken(start="04-15 07:00", collected=at("04-15 10:00"))]
    )


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A key's first use among those collected in the last 75 minutes comes 13 days or more after its use before.

    Without a use before: after it was made, or after the records of that kind begin, whichever is later.
    """
    events = [e for e in events if not e.backfilled and e.time >= NOW_S - 14 * DAY]
    uses = [(key, e) for e in events if (key := key_at_work(e))]
    begins = {
        usage: min((e.time for _, e in uses if (e.stream == "usage") == usage), default=0.0) for usage in (True, False)
    }
    rows = []
    for key in {key for key, _ in uses} - excluded(lookups, RULE):
        own = [e for used_by, e in uses if used_by == key]
        new = [e for e in own if e.arrived >= FRESH]
        if not new:
            continue
        woken_at = min(e.time for e in new)
        last_used = [
            e.get("unmapped.derived.last_used") for e in events if e.code == "api_key.inventory" and e.object_uid == key
        ]
        before = [t for t in [*(e.time for e in own), *(_timestamp(t) for t in last_used if t)] if t < woken_at]
        creations = [
            e.time
            for e in events
            if e.object_uid == key and (e.class_uid, e.activity_id, e.object_type) == (3004, 1, "API Key")
        ]
        since = max(before) if before else max([*creations, *(begins[e.stream == "usage"] for e in new)])
        if woken_at - since >= 13 * DAY:
            figures = {"uses": len(new), "tokens": sum(e.tokens for e in new if e.stream == "usage")}
            times = {"woken_at": woken_at, "unused_since": since, "unused_days": (woken_at - since) // DAY}
            rows.append({"key": key, **times, **figures, "src_ips": len({e.src_ip for e in new} - {None})})
    return rows


def _timestamp(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


EQUIVALENT = {
    "kql: without `event_code == 'api_key.inventory'`": "nothing else has a last use; it keeps the join small",
    "spl: without `claude_class=3004`": "asked again below; here it keeps the search small",
    "spl: without `claude_activity=1`": "asked again below; here it keeps the search small",
    "spl: without `(unmapped.actor.type=api_actor OR unmapped.actor.type=admin_api_key_actor OR "
    "claude_code=usage_report.messages OR claude_code=api_key.inventory OR (claude_class=3004 claude_activity=1))`": (
        "all of it is asked again below; here it keeps the search small"
    ),
}
"""What no event could show."""
