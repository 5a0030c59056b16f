"""Test cases of the rule "User activity at unusual hours"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, key_actor, person
from tests.content.reference import DAY, NOW_S, RuleEvent, by, excluded, is_fresh
from tests.content.reference_off_hours import first_and_last, unusual_days

RULE = "off-hours/off-hours-first-for-user"
LENA = person("lena")


def _history(hours: Sequence[int], days: int = 7, who: dict[str, Any] = LENA, **options: Any) -> list[Collected]:
    """A chat at each of the hours, on days until the day before yesterday."""
    begin = at("04-13 00:30")
    return [
        _chat(begin - timedelta(days=day) + timedelta(hours=hour), who, **options)
        for day in range(days)
        for hour in hours
    ]


def _at(times: Sequence[str], who: dict[str, Any] = LENA, **options: Any) -> list[Collected]:
    return [_chat(at(time), who, **{"collected": NOON, **options}) for time in times]


def _chat(time: Any, who: dict[str, Any], *, kind: str = "claude_chat_created", **options: Any) -> Collected:
    return activity(kind, who, time, claude_chat_id="claude_chat_01", **options)


OFFICE = (8, 17)
FIVE_AT_FOUR = [f"04-15 04:{minute}" for minute in ("00", "10", "20", "30", "40")]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    night = _at(FIVE_AT_FOUR)
    yield RuleTestCase("fires.four-hours-before-the-earliest", [*_history(OFFICE), *night])
    elsewhere = _at(["04-15 03:10", "04-15 03:20"], person("lena", "203.0.113.80"), kind="claude_project_created")
    yield RuleTestCase(
        "fires.across-midnight-from-another-address", [*_history([19, 22, 23]), *_at(FIVE_AT_FOUR), *elsewhere]
    )
    yield RuleTestCase("fires.with-a-backfilled-history", [*_history(OFFICE, backfilled=True), *night])
    mateo = person("mateo")
    yield RuleTestCase("fires.others-were-active-then", [*_history(OFFICE), *_history([4], 9, mateo), *night])
    yield RuleTestCase("fires.last-evening-and-collected-gradually", [*_history([8]), *_evening()])
    yield RuleTestCase(
        "fires.excluded-from-another-rule",
        [*_history(OFFICE), *night],
        exclusion("off-hours/off-hours-activity", "lena@example.com", "on call"),
    )
    yield RuleTestCase("quiet.six-days-of-history", [*_history(OFFICE, 6), *night])
    yield RuleTestCase("quiet.four-activities-one-collected-twice", [*_history(OFFICE), *night[:4], *night[:1]])
    yield RuleTestCase("quiet.three-hours-before-the-earliest", [*_history([7]), *night])
    yield RuleTestCase(
        "quiet.three-hours-away-across-midnight",
        [
            *_history([20, 22]),
            *_at([f"04-15 01:{minute}" for minute in (10, 20, 30, 40, 50)]),
            *_history([0, 3], who=mateo),
            *_evening(mateo),
        ],
    )
    job = key_actor("apikey_01Job")
    yield RuleTestCase(
        "quiet.app-loads-and-a-key",
        [
            *_history(OFFICE),
            *_at(FIVE_AT_FOUR, kind="claude_chat_viewed"),
            *_history([9, 16], who=job),
            *_at(FIVE_AT_FOUR, job, kind="claude_project_created"),
        ],
    )
    yield RuleTestCase(
        "quiet.collected-two-hours-ago", [*_history(OFFICE), *_at(FIVE_AT_FOUR, collected=at("04-15 10:00"))]
    )
    yield RuleTestCase("quiet.enough-before-the-last-run", [*_history(OFFICE), *_known(5), *_at(["04-15 04:50"])])
    yield RuleTestCase("fires.four-before-the-last-run", [*_history(OFFICE), *_known(4), *_at(FIVE_AT_FOUR[4:])])
    yield RuleTestCase("quiet.backfilled", [*_history(OFFICE), *_at(FIVE_AT_FOUR, backfilled=True)])
    yield RuleTestCase(
        "quiet.excluded-person", [*_history(OFFICE), *night], exclusion(RULE, "Lena@example.com", "travels")
    )


def _known(count: int) -> list[Collected]:
    return _at(FIVE_AT_FOUR[:count], collected=at("04-15 10:44"))


def _evening(who: dict[str, Any] = LENA) -> list[Collected]:
    """At nine in the evening; the last of it collected just now."""
    *first, last = [f"04-14 21:{minute}" for minute in (10, 20, 30, 40, 50)]
    return [*_at(first, who, collected=at("04-15 09:00")), *_at([last], who)]


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Five things in a day, at hours four or more away from all of at least seven days before."""
    people = [
        one
        for one in events
        if one.actor_type == "user_actor" and not one.code.endswith("_viewed") and one.time >= NOW_S - 14 * DAY
    ]
    left_out = {value.lower() for value in excluded(lookups, RULE)}
    rows = []
    for (uid,), own in by(people, "actor_uid").items():
        rows += [{"actor_uid": uid, **row} for row in _rows(own, left_out)]
    return rows


def _rows(own: Sequence[RuleEvent], left_out: set[str]) -> Iterator[dict[str, Any]]:
    """Of one person, by day."""
    for day, found in unusual_days(own, away=4):
        events = found.events
        if found.days < 7 or not sum(not is_fresh([one]) for one in events) < 5 <= len(events):
            continue
        user = max((one.user.lower() for one in events if one.user), default="")
        if user in left_out:
            continue
        first, last = first_and_last(events)
        yield {
            "user": user,
            "day": day,
            "first_event": first,
            "last_event": last,
            "events": len(events),
            "actions": len({one.code for one in events}),
            **found.row(),
        }


MUTATIONS = (
    Mutation(
        "the clock has an end",
        ("min_of(ahead, 24 - ahead)", "abs(hour - usual_hour)"),
        ("min(ahead, 24 - ahead)", "abs(tonumber(hour) - tonumber(usual))"),
        ("quiet.three-hours-away-across-midnight",),
    ),
)
"""Mutants that are not generated."""

EQUIVALENT = {
    "kql: without `isnotempty(actor_uid)`": (
        "the feed names every signed-in person's id; joins here find nothing for none, those of Kusto would"
    ),
    "spl: without `hour_since=day`": "an hour used before is no hour away; this leaves little to expand",
}
