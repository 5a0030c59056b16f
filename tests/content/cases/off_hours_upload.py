"""Test cases of the rule "Bulk file upload outside working hours"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import CALENDAR, NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, person
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded, is_fresh
from tests.content.reference_off_hours import address_columns, first_and_last, nights

RULE = "off-hours/off-hours-upload"

_KINDS = (
    ("claude_file_uploaded", "claude_file_id"),
    ("claude_project_file_uploaded", "claude_file_id"),
    ("claude_project_document_uploaded", "claude_project_document_id"),
    ("platform_file_uploaded", "file_id"),
)


def _uploads(
    count: int,
    start: str = "04-15 01:00",
    who: dict[str, Any] | None = None,
    kinds: tuple[tuple[str, str], ...] = _KINDS[:1],
    **options: Any,
) -> list[Collected]:
    """An upload a minute, of each kind in turn."""
    made = []
    for n in range(count):
        kind, uid = kinds[n % len(kinds)]
        fields = {"collected": NOON, uid: f"file_{n}", **options}
        made.append(activity(kind, who or person("lena"), at(start) + timedelta(minutes=n), **fields))
    return made


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    twenty = _uploads(20)
    yield RuleTestCase("fires.twenty-files-of-all-kinds", _uploads(20, kinds=_KINDS))
    yield RuleTestCase(
        "fires.twice-the-fullest-night-before",
        [
            *_uploads(10, "04-06 22:30", collected=None),
            *_uploads(11, "04-08 23:00", collected=None),
            *_uploads(9, "04-09 23:00", collected=None),
            *_uploads(22),
        ],
    )
    yield RuleTestCase(
        "fires.many-by-day-are-no-nights",
        [*_uploads(30, "04-14 09:00", collected=None), *twenty],
    )
    elsewhere = _uploads(5, "04-15 05:00", person("lena", "203.0.113.80"))
    yield RuleTestCase(
        "fires.last-evening-and-this-morning", [*_uploads(15, "04-14 22:10", collected=None), *elsewhere]
    )
    yield RuleTestCase(
        "fires.excluded-from-another-rule",
        twenty,
        exclusion("off-hours/off-hours-activity", "lena@example.com", "on call"),
    )
    yield RuleTestCase("quiet.nineteen-files-collected-twice", [*_uploads(19), *_uploads(19)])
    yield RuleTestCase(
        "quiet.less-than-twice-a-night-of-last-week", [*_uploads(11, "04-06 22:30", collected=None), *_uploads(21)]
    )
    yield RuleTestCase(
        "quiet.half-by-day",
        [*_uploads(10), *_uploads(10, "04-15 09:00")],
        {"claude_calendar": f"{CALENDAR}*,1970-01-01,2100-01-01,60,360,1320,12345\n"},
    )
    yield RuleTestCase("quiet.two-people", [*_uploads(10), *_uploads(10, "04-15 01:30", person("mateo"))])
    yield RuleTestCase(
        "quiet.files-deleted-and-chats-begun",
        [
            *_uploads(20, kinds=(("claude_file_deleted", "claude_file_id"),)),
            *_uploads(20, kinds=(("claude_chat_created", "claude_chat_id"),)),
        ],
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", _uploads(20, collected=at("04-15 10:00")))
    yield RuleTestCase(
        "quiet.enough-before-the-last-run", [*_uploads(20, collected=at("04-15 10:00")), *_uploads(30)[20:]]
    )
    yield RuleTestCase(
        "fires.nineteen-before-the-last-run", [*_uploads(19, collected=at("04-15 10:44")), *_uploads(20)[19:]]
    )
    yield RuleTestCase(
        "fires.less-than-twice-before-the-last-run",
        [
            *_uploads(11, "04-08 23:00", collected=None),
            *_uploads(21, collected=at("04-15 10:00")),
            *_uploads(22)[21:],
        ],
    )
    yield RuleTestCase("quiet.backfilled", _uploads(20, backfilled=True))
    yield RuleTestCase("quiet.excluded-person", twenty, exclusion(RULE, "lena@example.com", "a new project"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Twenty uploads or more in a night, twice those of any night before, and not yet at the last run."""
    uploads = [one for one in events if one.time >= NOW_S - 14 * DAY and (one.class_uid, one.activity_id) == (6006, 1)]
    by_night = nights(uploads, lookups)
    rows = []
    for (user, night), events in by_night.items():
        before = [len(others) for (who, when), others in by_night.items() if who == user and when < night]
        most = max(before, default=0)
        known = sum(not is_fresh([one]) for one in events)
        if user in excluded(lookups, RULE) or not known < max(20, 2 * most) <= len(events):
            continue
        first, last = first_and_last(events)
        counted = {
            "uploads": len(events),
            "to_projects": sum(one.code.startswith("claude_project_") for one in events),
            "most_before": most,
            "nights": len(before),
        }
        times = {"first_upload": first, "last_upload": last}
        rows.append({"user": user, "night": night, **times, **counted, **address_columns(events)})
    return rows


MUTATIONS = (
    Mutation(
        "the evaluated night is one of those before",
        ("past_upload < first_upload", "past_upload <= first_upload"),
        ("current=f", "current=t"),
        ("fires.twenty-files-of-all-kinds", "fires.twice-the-fullest-night-before"),
    ),
)
"""Mutants that are not generated."""
