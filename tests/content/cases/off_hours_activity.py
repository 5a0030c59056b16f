"""Test cases of the rule "Activity outside working hours"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import CALENDAR, NOON, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, key_actor, person
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded
from tests.content.reference_off_hours import first_and_last, nights

RULE = "off-hours/off-hours-activity"


def _night(
    times: list[str],
    *,
    kind: str = "claude_chat_created",
    who: str = "lena",
    day: str = "04-15",
    collected: datetime | None = NOON,
    backfilled: bool = False,
) -> list[Collected]:
    made = enumerate(at(f"{day} {time}") for time in times)
    options: dict[str, Any] = {"collected": collected, "backfilled": backfilled}
    return [
        activity(kind, person(who), time, number=i, claude_chat_id=f"claude_chat_{i}", **options) for i, time in made
    ]


FIVE = ["01:00", "01:10", "01:20", "01:30", "01:40"]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    default = "*,1970-01-01,2100-01-01,0,360,1320,12345\n"
    berlin = f"{CALENDAR}{default}lena@example.com,2026-03-29,2026-10-25,120,480,1080,12345\n"
    yield RuleTestCase("fires.five-things-at-night", _night(FIVE))
    yield RuleTestCase("fires.across-midnight", _night(["23:40", "23:50"], day="04-14") + _night(FIVE[:3]))
    yield RuleTestCase(
        "fires.late-evening-in-their-own-zone",
        _night(["16:05", "16:15", "16:25", "16:35", "16:45"], day="04-14"),
        {"claude_calendar": berlin},
    )
    day_off = f"{CALENDAR}*,1970-01-01,2100-01-01,0,360,1320,1345\n"
    by_day = ["10:00", "10:10", "10:20", "10:30", "10:40"]
    yield RuleTestCase("fires.on-a-day-off", _night(by_day, day="04-14"), {"claude_calendar": day_off})
    yield RuleTestCase("quiet.older-than-the-lookback", _night(FIVE, day="04-09"))
    tomorrow = f"{CALENDAR}{default}lena@example.com,2026-04-16,2026-10-25,120,0,1440,1234567\n"
    yield RuleTestCase("fires.own-hours-that-begin-tomorrow", _night(FIVE), {"claude_calendar": tomorrow})
    yield RuleTestCase("fires.no-calendar-at-all", _night(FIVE), {"claude_calendar": CALENDAR})
    yield RuleTestCase(
        "fires.excluded-from-another-rule", _night(FIVE), exclusion("keys/revoked-key-used", "lena@example.com")
    )
    summer = "*,1970-01-01,2026-03-29,60,360,1320,12345\n*,2026-03-29,2100-01-01,120,360,1320,12345\n"
    yield RuleTestCase("quiet.a-default-with-daylight-saving", _night(FIVE[:3]), {"claude_calendar": CALENDAR + summer})
    expired = "*,1970-01-01,2026-01-01,720,360,1320,12345\n"
    yield RuleTestCase("fires.only-an-expired-default", _night(FIVE), {"claude_calendar": CALENDAR + expired})
    yield RuleTestCase("quiet.four-things", _night(FIVE[:4]))
    first_minutes = _night(["06:00", "06:01", "06:02", "06:03", "06:04"])
    last_minutes = _night(["21:50", "21:52", "21:54", "21:56", "21:59"], day="04-14")
    yield RuleTestCase("quiet.at-the-first-and-the-last-minutes", first_minutes + last_minutes)
    yield RuleTestCase(
        "quiet.morning-in-their-own-zone",
        _night(["06:05", "06:15", "06:25", "06:35", "06:45"]),
        {"claude_calendar": berlin.replace("0,360,1320", "0,540,1320")},
    )
    yield RuleTestCase("quiet.app-loads", _night(FIVE, kind="claude_chat_viewed"))
    yield RuleTestCase("quiet.arrived-before-the-last-run", _night(FIVE, collected=at("04-15 10:44")))
    yield RuleTestCase("fires.arrived-since-the-last-run", _night(FIVE, collected=at("04-15 10:45")))
    yield RuleTestCase("fires.four-days-late", _night(FIVE, day="04-11"))
    known = _night(FIVE[:4], collected=at("04-15 10:00"))
    yield RuleTestCase("fires.four-known-and-one-more", known + _night(FIVE[4:]))
    yield RuleTestCase("quiet.five-known-and-one-more", _night(FIVE, collected=at("04-15 10:00")) + _night(["01:50"]))
    yield RuleTestCase("quiet.backfilled", _night(FIVE, backfilled=True))
    yield RuleTestCase(
        "quiet.two-nights-and-two-people",
        _night(FIVE[:3]) + _night(FIVE[:3], day="04-14") + _night(FIVE[:3], who="mateo"),
    )
    yield RuleTestCase(
        "quiet.a-key-at-night",
        [
            activity("compliance_api_accessed", key_actor("apikey_01Job"), at(f"04-15 {t}"), number=i)
            for i, t in enumerate(FIVE)
        ],
    )
    nobody = {"type": "unauthenticated_user_actor", "unauthenticated_email_address": "lena@example.com"}
    yield RuleTestCase(
        "quiet.sign-ins-begun-by-nobody-known",
        [
            activity("sso_login_initiated", nobody, at(f"04-15 {t}"), number=i, collected=NOON)
            for i, t in enumerate(FIVE)
        ],
    )
    unnamed = {"type": "user_actor", "user_id": "user_lena", "ip_address": "192.0.2.34"}
    at_night = [activity("claude_chat_created", unnamed, at(f"04-15 {t}"), collected=NOON) for t in FIVE]
    yield RuleTestCase("quiet.nobody-is-named", at_night)
    yield RuleTestCase("quiet.the-same-rows-twice", _night(FIVE[:3]) * 2)
    yield RuleTestCase(
        "quiet.excluded-person", _night(FIVE), exclusion("off-hours/off-hours-activity", "lena@example.com", "on call")
    )


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Five events or more of a person in one night, which earlier runs could not see."""
    rows = []
    recent = [one for one in events if one.time >= NOW_S - 5 * DAY]
    for (user, night), events in nights(recent, lookups).items():
        if user in excluded(lookups, RULE) or len(events) < 5 or sum(one.arrived < FRESH for one in events) >= 5:
            continue
        first, last = first_and_last(events)
        counted = {
            "events": len(events),
            "actions": len({one.code for one in events}),
            "src_ips": len({one.src_ip for one in events} - {None}),
        }
        rows.append({"user": user, "night": night, "first_event": first, "last_event": last, **counted})
    return rows
