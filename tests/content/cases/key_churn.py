"""Test cases of the rule "API keys created or revoked in bulk"."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, key_actor, person
from tests.content.records_key_inventory import key_differs
from tests.content.records_key_use import KEY, as_listed, made, used
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, by, by_time, excluded

RULE = "keys/key-churn"

EVE = person("eve")
MADE, DISABLED, DELETED, ENABLED = "made", "inactive", "deleted", "active"


def _changed(
    count: int, start: datetime, how: str = MADE, actor: dict[str, Any] = EVE, **options: Any
) -> list[Collected]:
    """As many keys changed a minute apart; collected at noon if that is the day of it."""
    changes = []
    for number in range(count):
        key, time = f"apikey_01{start:%m%d}N{number}", start + timedelta(minutes=number)
        arguments: dict[str, Any] = {"collected": NOON} if start > at("04-15 00:00") else {}
        arguments |= options
        if how == MADE:
            changes.append(made(key, time, actor, **arguments))
        elif how == DELETED:
            changes.append(activity("scoped_api_key_deleted", actor, time, number=number, api_key_id=key, **arguments))
        else:
            update = {"type": "status", "previous_value": "other", "current_value": how}
            changes.append(
                activity(
                    "platform_api_key_updated",
                    actor,
                    time,
                    number=number,
                    api_key_id=key,
                    updates=[update],
                    **arguments,
                )
            )
    return changes


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    ten = _changed(10, at("04-15 09:00"))
    yield RuleTestCase("fires.ten-keys-made", ten)
    yield RuleTestCase("quiet.excluded-actor", ten, exclusion(RULE, "user_eve"))
    yield RuleTestCase("quiet.nine-keys-and-one-of-them-twice", [*ten[:9], *_changed(3, at("04-15 09:00"), DISABLED)])
    yield RuleTestCase(
        "fires.made-disabled-and-deleted",
        [
            *_changed(4, at("04-15 09:00")),
            *_changed(7, at("04-15 09:00"), DISABLED, {**EVE, "ip_address": "203.0.113.9"}),
            *_changed(10, at("04-15 10:00"), DELETED)[7:],
        ],
    )
    yield RuleTestCase("quiet.enabled-again", [*ten[:9], *_changed(12, at("04-15 10:00"), ENABLED)])
    yield RuleTestCase("quiet.five-before-midnight-and-five-after", _changed(10, at("04-14 23:55"), collected=NOON))
    yield RuleTestCase("quiet.two-people", [*ten[:6], *_changed(9, at("04-15 10:00"), actor=ADMIN)[6:]])
    usual = [change for day in (10, 12) for change in _changed(4, at(f"04-{day} 09:00"))]
    yield RuleTestCase("fires.thirteen-where-four-are-usual", [*usual, *_changed(13, at("04-15 09:00"))])
    yield RuleTestCase("quiet.twelve-where-four-are-usual", [*usual, *_changed(12, at("04-15 09:00"))])
    long_known: dict[str, Any] = {"collected": at("04-15 10:00")}
    thirteen = _changed(13, at("04-15 09:00"))
    twelve_known = [*_changed(12, at("04-15 09:00"), **long_known), *thirteen[12:]]
    yield RuleTestCase("fires.twelve-known-and-one-more-where-four-are-usual", [*usual, *twelve_known])
    yield RuleTestCase("fires.five-known-and-five-more", [*_changed(5, at("04-15 09:00"), **long_known), *ten[5:]])
    yield RuleTestCase(
        "quiet.ten-known-and-three-more", [*_changed(10, at("04-15 09:00"), **long_known), *thirteen[10:]]
    )
    by_another = [change for day in (10, 12) for change in _changed(4, at(f"04-{day} 09:00"), actor=ADMIN)]
    yield RuleTestCase("fires.another-actor's-past", [*by_another, *ten])
    yield RuleTestCase("fires.the-cut-day-before-all-others", [*_changed(4, at("04-01 12:30")), *ten])
    yield RuleTestCase(
        "quiet.a-day-before-the-cut", [*_changed(4, at("04-02 00:10")), *_changed(12, at("04-15 09:00"))]
    )
    listed = [key_differs(None, as_listed(f"apikey_01L{n}"), at("04-15 11:30")) for n in range(12)]
    tool = key_actor(KEY)
    yield RuleTestCase(
        "quiet.nine-keys-by-a-key-that-also-searches",
        [*_changed(9, at("04-15 09:00"), actor=tool), used(KEY, NOON, request_method="POST")],
    )
    nameless: dict[str, Any] = {"is_service_created": True, "key_name": "nightly", "service_name": "invoice-reader"}
    elsewhere = person("eve", "203.0.113.9")
    yield RuleTestCase(
        "fires.beside-a-key-without-an-id", [*ten, activity("service_key_created", elsewhere, NOON, **nameless)]
    )
    yield RuleTestCase("quiet.the-list-does-not-know-who", listed)
    yield RuleTestCase(
        "quiet.roles-by-the-dozen",
        [activity("rbac_role_created", EVE, at("04-15 11:30"), number=n, role_id=f"role_{n}") for n in range(12)],
    )
    yield RuleTestCase("quiet.the-same-rows-twice", ten[:6] * 2)
    yield RuleTestCase("quiet.collected-two-hours-ago", _changed(10, at("04-15 09:00"), collected=at("04-15 10:00")))
    yield RuleTestCase("quiet.backfilled", _changed(10, at("04-15 09:00"), backfilled=True))
    yield RuleTestCase("fires.excluded-from-another-rule", ten, exclusion("keys/dormant-key-awakened", "user_eve"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """On one UTC day ten keys or more, and more than three times the mean of the actor's earlier days with changes."""
    begins = NOW_S - NOW_S % DAY - 13 * DAY
    changes = [e for e in events if e.class_uid == 3004 and e.object_type == "API Key" and e.activity_id in (1, 4, 9)]
    changes = [e for e in changes if e.time >= begins and e.object_uid]
    rows = []
    for (actor,), own in by(changes, "actor_uid").items():
        days = by_time(own, DAY)
        sizes = {day: len({e.object_uid for e in held}) for day, held in days.items()}
        for day, all_held in days.items():
            held = [e for e in all_held if not e.backfilled]
            size, known = len({e.object_uid for e in held}), len({e.object_uid for e in held if e.arrived < FRESH})
            usual = statistics.mean([sizes[other] for other in days if other < day] or [0])
            raised = size >= 10 and size > 3 * usual and not (known >= 10 and known > 3 * usual)
            if raised and actor not in excluded(lookups, RULE):
                created = {e.object_uid for e in held if e.activity_id == 1}
                gone = {e.object_uid for e in held if e.activity_id != 1}
                counts = {"keys": size, "made": len(created), "gone": len(gone)}
                times = {"first_change": min(e.time for e in held), "last_change": max(e.time for e in held)}
                where = {"user": held[0].user, "src_ips": len({e.src_ip for e in held} - {None})}
                rows.append({"actor_uid": actor, "day": day, **counts, **times, **where, "usual": round(usual, 1)})
    return rows


MUTATIONS = (
    Mutation(
        "the evaluated day is in its own past",
        ("past_day < day", "past_day <= day"),
        ("current=f", "current=t"),
        ("fires.ten-keys-made",),
    ),
    Mutation(
        "to make keys is none",
        ("activity_id in (1, 4, 9)", "activity_id in (4, 9)"),
        ("claude_activity=1 OR ", ""),
        ("fires.ten-keys-made",),
    ),
    Mutation(
        "to delete keys is none",
        ("activity_id in (1, 4, 9)", "activity_id in (1, 9)"),
        ("claude_activity=4 OR ", ""),
        ("fires.made-disabled-and-deleted",),
    ),
)
"""Mutants that are not generated."""
