"""Generated events not written for any rule: users, keys and usage of some weeks, unordered, plus all test cases.

- People and keys do things of every type that the feed knows, most by day and some at night; the records are the
  simulator's, with another actor and time.
- Keys, accounts and workspaces use tokens every few hours, sometimes far more than usual.
- Some events come late, twice, by backfill, or are restated with another value.
- It contains the test cases of all rules under their own names, so that every rule has something to find.
"""

import random
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from forwarder.records import Event
from forwarder.simulator import scenario
from tests.content.case import CALENDAR, RuleTestCase
from tests.content.records import NOW, Collected, activity, inventory, key_actor, person, receipt, recorded, usage

PLACES = ("192.0.2.", "198.51.100.", "203.0.113.")
_EXCLUDED = (
    ("tokens/token-spike-user", "user_p"),
    ("keys/key-shared", "apikey_01P"),
    ("tokens/token-spike-key", "apikey_01P"),
)
_SPACE = uuid.UUID("6d0c5d0e-54c1-4f0d-8b7e-31f6f0a9c9a1")


def population(seed: int, principals: int, days: int) -> list[Collected]:
    """Events collected until `NOW`, unordered."""
    dice = random.Random(f"population {seed}")
    begin = NOW - timedelta(days=days)
    made: list[Collected] = []
    for number in range(principals):
        made += _person(dice, number, begin, days)
        made += _key(dice, number, begin, days)
    made += _newcomer(dice)
    made = [one for one in made if one.event.key_fields.logged_ms <= NOW.timestamp() * 1000]
    made += dice.sample(made, len(made) // 20)  # delivered twice
    dice.shuffle(made)
    return made


def lookups(principals: int) -> dict[str, str]:
    """What an organization has filled in for some of them: every other has a row, and some rows are half empty."""
    some = range(0, principals, 2)
    people = [f"user_p{n},p{n}@example.com,,{'' if n % 10 == 0 else f'team {n % 3}'}" for n in some]
    keys = [f"apikey_01P{n},,team{n % 3}@example.com,{'' if n % 10 == 0 else 20 + 10 * (n % 7)}" for n in some]
    hours = [f"p{n}@example.com,1970-01-01,2100-01-01,{60 * (n % 12 - 5)},480,{1020 + n % 60},12345" for n in some]
    excluded = [f"{rule},{who}{n},a test" for n in some for rule, who in _EXCLUDED if n % 10 == 4]
    return {
        "claude_people": "\n".join(["user_uid,user,name,peer_group", *people]),
        "claude_keys": "\n".join(["key,name,contact,max_age_days", *keys]),
        "claude_networks": "network,name\n192.0.2,office\n198.51.100,office\n",
        "claude_calendar": "\n".join([CALENDAR.strip(), "*,1970-01-01,2100-01-01,-120,360,1200,1234567", *hours]),
        "claude_exclusions": "\n".join(["rule,value,reason", *excluded]),
    }


def renamed(test_case: RuleTestCase, suffix: str) -> Iterator[Collected]:
    """The test case's events, with unique names for all users, keys and objects."""
    names = {name for one in test_case.events for name in _names(one.event) if name}
    pattern = re.compile("|".join(rf'"{re.escape(name)}"' for name in sorted(names, key=len, reverse=True)) or "(?!)")
    for one in test_case.events:
        original = one.event.key_fields
        uid = str(uuid.uuid5(_SPACE, original.uid + suffix))
        body = pattern.sub(lambda found: f'"{_other(found[0][1:-1], suffix)}"', one.event.body.decode())
        own: dict[str, Any] = {field: _other(value, suffix) for field in _NAMED if (value := getattr(original, field))}
        key_fields = original._replace(uid=uid, **own)
        event = one.event._replace(body=body.replace(original.uid, uid).encode(), key_fields=key_fields)
        yield one._replace(event=event)


def together(test_cases: Iterable[RuleTestCase], background: Iterable[Collected]) -> list[Collected]:
    """The background plus the test cases that need no lookup."""
    held = list(background)
    for number, test_case in enumerate(test_case for test_case in test_cases if not test_case.lookups):
        held += renamed(test_case, f"-s{number}")
    return held


_NAMED = ("user", "actor_uid", "object_uid", "organization")


def _names(event: Event) -> list[str | None]:
    return [getattr(event.key_fields, field) for field in _NAMED]


def _other(name: str, suffix: str) -> str:
    return f"{suffix[1:]}.{name}" if "@" in name else name + suffix


@cache
def _records() -> list[dict[str, Any]]:
    """A record of every type, three of each or so."""
    issued = scenario("all-types", now=NOW, count=2000)
    return [issue.activity for issue in issued if isinstance(issue.activity, dict)]


def _person(dice: random.Random, number: int, begin: datetime, days: int) -> Iterator[Collected]:
    actor = person(f"p{number}", f"{dice.choice(PLACES)}{number % 200}")
    begins, restless = dice.randint(6, 10), dice.random()
    for day in range(days):
        for _ in range(dice.randint(0, 8)):
            hour = dice.uniform(0, 24) if dice.random() < restless / 3 else dice.uniform(begins, begins + 10)
            yield _happened(dice, actor, begin + timedelta(days=day, hours=hour))


def _key(dice: random.Random, number: int, begin: datetime, days: int) -> Iterator[Collected]:
    key, status = f"apikey_01P{number}", dice.choice(["active", "active", "active", "inactive", "archived"])
    usual, first = dice.lognormvariate(10, 2), dice.choice([0, 0, 0, days - 1, days - 3])
    principal = dice.choice(
        [{"api_key_id": key}, {"account_id": f"user_p{number}"}, {"service_account_id": f"svac_{number}"}]
    )
    place = {"workspace_id": f"wrkspc_{number % 7}"}
    for day in range(first, days):
        today = begin + timedelta(days=day)
        yield inventory(key, status, today + timedelta(hours=6))
        for hour in dice.sample(range(24), dice.randint(0, 5)):
            tokens = int(usual * dice.lognormvariate(0, 0.3) * (20 if dice.random() < 0.01 else 1))
            start = today.replace(minute=0, second=0) + timedelta(hours=hour)
            yield from _figure(dice, {**principal, **place}, start, tokens)
        for _ in range(dice.randint(0, 2)):
            actor = key_actor(key, f"{dice.choice(PLACES)}{dice.randint(1, 250)}")
            yield _happened(dice, actor, today + timedelta(hours=dice.uniform(0, 24)))


def _newcomer(dice: random.Random) -> Iterator[Collected]:
    """A key of this morning that uses more than all others."""
    key, morning = "apikey_01Newcomer", NOW - timedelta(hours=4)
    yield activity("platform_api_key_created", person("p0"), morning, api_key_id=key)
    for hour in range(2):
        start = morning + timedelta(hours=hour)
        yield usage({"api_key_id": key}, start, dice.randint(10**9, 10**10), collected=NOW - timedelta(minutes=20))


def _happened(dice: random.Random, actor: dict[str, Any], time: datetime) -> Collected:
    record = {**dice.choice(_records()), "actor": actor, "created_at": time.isoformat().replace("+00:00", "Z")}
    record["id"] = f"activity_{dice.getrandbits(64):016x}"
    late = dice.choice([timedelta(minutes=1)] * 9 + [timedelta(hours=dice.uniform(0, 20))])
    backfilled = dice.random() < 0.02
    return recorded(record, receipt(time + late, backfilled))


def _figure(dice: random.Random, row: dict[str, Any], start: datetime, tokens: int) -> Iterator[Collected]:
    read = start + timedelta(hours=2, minutes=dice.randint(0, 50))
    yield usage(row, start, tokens, collected=read, backfilled=dice.random() < 0.02)
    if dice.random() < 0.1:
        yield usage(
            row, start, int(tokens * dice.uniform(0.5, 3)), collected=read + timedelta(hours=dice.randint(1, 30))
        )
