"""Test cases of the rule "Organization data export outside working hours"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import CALENDAR, NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, backfilled, key_actor, person
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded
from tests.content.reference_off_hours import address_columns, first_and_last, kinds_first_seen

RULE = "off-hours/off-hours-export"


def _export(
    kind: str = "org_data_export_started", time: str = "04-15 01:00", who: dict[str, Any] | None = None, **options: Any
) -> Collected:
    fields = {"export_type": "conversations"} if kind.startswith("org_data") else {}
    return activity(kind, who or person("lena"), at(time), **{"collected": NOON, **fields, **options})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    started = _export()
    yield RuleTestCase("fires.data-export-started", [started, started])
    yield RuleTestCase(
        "fires.everything-there-is-from-two-addresses",
        [
            started,
            _export("org_data_export_accessed", "04-15 01:40"),
            _export("audit_log_export_started", "04-15 01:50"),
            _export("audit_log_export_accessed", "04-15 01:52", person("lena", "203.0.113.80")),
            _export("org_members_exported", "04-15 01:55"),
        ],
    )
    yield RuleTestCase(
        "fires.downloaded-long-after-it-was-started",
        [
            _export(time="04-14 22:10", collected=at("04-14 22:11")),
            _export("org_data_export_accessed", "04-15 05:40"),
        ],
    )
    yield RuleTestCase(
        "fires.by-their-own-calendar-only",
        [_export(time="04-15 10:30"), _export(time="04-15 10:35", who=person("mateo"))],
        {"claude_calendar": f"{CALENDAR}lena@example.com,2026-03-08,2026-11-01,-420,480,1080,12345\n"},
    )
    yield RuleTestCase(
        "fires.excluded-from-another-rule",
        [started],
        exclusion("off-hours/off-hours-activity", "lena@example.com", "on call"),
    )
    yield RuleTestCase(
        "quiet.by-day", [_export(time="04-14 21:59"), _export("org_data_export_accessed", "04-15 06:00")]
    )
    yield RuleTestCase(
        "quiet.nothing-of-the-organization-leaves",
        [
            _export("org_data_export_completed"),
            _export("claude_file_exported", export_destination="google_drive", claude_file_id="claude_file_01"),
            _export("claude_chat_created", claude_chat_id="claude_chat_01"),
        ],
    )
    yield RuleTestCase("quiet.a-key-exports", [_export(who=key_actor("apikey_01Backup"))])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_export(collected=at("04-15 10:00"))])
    yield RuleTestCase("fires.a-day-late", [_export(time="04-14 01:00")])
    yield RuleTestCase("quiet.known-and-once-more", [_export(collected=at("04-15 10:00")), _export(time="04-15 01:30")])
    yield RuleTestCase("fires.known-by-backfill-only", [backfilled(started, at("04-15 02:00")), started])
    yield RuleTestCase(
        "fires.from-a-dozen-addresses",
        [_export(time=f"04-15 01:{n:02}", who=person("lena", f"192.0.2.{n}")) for n in range(12)],
    )
    yield RuleTestCase("quiet.older-than-the-lookback", [_export(time="04-10 01:00")])
    yield RuleTestCase("quiet.backfilled", [_export(backfilled=True)])
    yield RuleTestCase("quiet.excluded-person", [started], exclusion(RULE, "lena@example.com", "legal discovery"))


_TAKEN = (
    *("org_data_export_started", "org_data_export_accessed"),
    *("audit_log_export_started", "audit_log_export_accessed", "org_members_exported"),
)


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each kind of export or download by a person in one night, of which nothing had arrived before the last run."""
    rows = []
    taken = [one for one in events if one.time >= NOW_S - 5 * DAY and one.code in _TAKEN]
    for kind, own in kinds_first_seen(taken, lookups):
        if kind.user not in excluded(lookups, RULE):
            first, last = first_and_last(own)
            times = {"first_event": first, "last_event": last, "events": len(own)}
            rows.append({**kind._asdict(), **times, **address_columns(own)})
    return rows


MUTATIONS = (
    Mutation(
        "an export that is ready counts",
        ("'org_members_exported')", "'org_members_exported', 'org_data_export_completed')"),
        ("OR claude_code=org_members_exported)", "OR claude_code=org_members_exported OR claude_code=*_completed)"),
        ("quiet.nothing-of-the-organization-leaves",),
    ),
)
"""Mutants that are not generated."""
