"""What must fire and what must not, rule by rule: `python -m tests.content.fixtures` writes it beside the rules.

Each story is a list of collected events and, where it matters, a lookup filled in. The expected rows are written
with it: a reader checks them in the diff, a test holds both languages to them.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.content.execute import ROOT, run_kql
from tests.content.records import NOW, Collected, activity, at, inventory, key_actor, person, usage

CALENDAR = "user,valid_from,valid_to,utc_offset_minutes,work_start,work_end,work_days\n"
EXCLUSIONS = "rule,value,reason\n"


class Story(NamedTuple):
    """One fixture: `fires.…` or `quiet.…`, what was collected, lookups filled in."""

    rule: str
    name: str
    events: list[Collected]
    lookups: dict[str, str] = {}  # noqa: RUF012 (a NamedTuple's default, never changed)


def stories() -> Iterator[Story]:
    """Every fixture of every rule."""
    yield from (Story("keys/revoked-key-used", *story) for story in _revoked_key())
    yield from (Story("off-hours/off-hours-activity", *story) for story in _off_hours())
    yield from (Story("tokens/token-spike-user", *story) for story in _token_spike())


KEY = "apikey_01Old"
ADMIN = person("admin")
NOON = at("04-15 11:30")


def _deleted(time: str = "04-14 09:00") -> Collected:
    return activity("platform_api_key_updated", ADMIN, at(time), **_status("active", "archived"))


def _status(before: str, after: str) -> dict[str, Any]:
    return {"api_key_id": KEY, "updates": [{"type": "status", "previous_value": before, "current_value": after}]}


def _use(time: str = "04-15 11:30", key: str = KEY, **options: Any) -> Collected:
    request: dict[str, Any] = {
        "request_id": "req_1",
        "api_key_id": key,
        "url": "https://api.anthropic.com/v1/compliance/activities",
    }
    request |= {"request_method": "GET", "status_code": 200}
    return activity("compliance_api_accessed", key_actor(key), at(time), **options, **request)


def _revoked_key() -> Iterator[tuple[Any, ...]]:
    tokens = usage({"api_key_id": KEY}, at("04-15 09:00"), 5000, collected=NOON)
    yield "fires.archived-key-in-the-feed", [_deleted(), _use("04-15 10:30"), _use()]
    yield "fires.inactive-in-the-inventory-with-tokens", [inventory(KEY, "inactive", at("04-13 06:00")), tokens]
    yield (
        "fires.enabled-before-it-was-revoked",
        [
            activity("platform_api_key_updated", ADMIN, at("04-13 09:00"), **_status("inactive", "active")),
            _deleted(),
            _use(),
        ],
    )
    yield (
        "fires.revoked-by-a-key-that-lives",
        [
            activity(
                "platform_api_key_updated",
                key_actor("apikey_01Live"),
                at("04-14 09:00"),
                **_status("active", "archived"),
            ),
            _use(),
        ],
    )
    yield (
        "fires.listed-as-inactive-again-after-its-use",
        [*(inventory(KEY, "inactive", at(day)) for day in ("04-13 06:00", "04-15 10:30")), tokens],
    )
    yield (
        "fires.archived-in-answer-to-its-use",
        [
            activity("platform_api_key_updated", ADMIN, at("04-14 09:00"), **_status("active", "inactive")),
            _use(),
            _deleted("04-15 11:50"),
        ],
    )
    yield "quiet.used-before-it-was-revoked", [_use(), _deleted("04-15 11:40")]
    yield "quiet.within-the-grace", [_deleted("04-15 11:27"), _use()]
    yield (
        "quiet.enabled-again",
        [
            _deleted(),
            activity("platform_api_key_updated", ADMIN, at("04-14 10:00"), **_status("archived", "active")),
            _use(),
        ],
    )
    yield "quiet.another-key", [_deleted(), _use(key="apikey_01Other")]
    yield (
        "quiet.renamed-not-revoked",
        [
            activity("platform_api_key_updated", ADMIN, at("04-14 09:00"), api_key_id=KEY, updates=[_renamed()]),
            _use(),
        ],
    )
    yield "quiet.active-in-the-inventory", [inventory(KEY, "active", at("04-13 06:00")), tokens]
    yield "quiet.no-tokens", [_deleted(), usage({"api_key_id": KEY}, at("04-15 09:00"), 0, collected=NOON)]
    yield "quiet.collected-long-ago", [_deleted("04-13 09:00"), _use("04-14 10:30")]
    yield "quiet.backfilled-use", [_deleted(), _use(collected=NOON, backfilled=True)]
    yield (
        "quiet.backfilled-revocation",
        [
            activity(
                "platform_api_key_updated", ADMIN, at("04-14 09:00"), backfilled=True, **_status("active", "archived")
            ),
            _use(),
        ],
    )
    yield (
        "quiet.excluded-key",
        [_deleted(), _use()],
        {"claude_exclusions": f"{EXCLUSIONS}keys/revoked-key-used,{KEY},a test\n"},
    )
    yield (
        "fires.excluded-from-another-rule",
        [_deleted(), _use()],
        {"claude_exclusions": f"{EXCLUSIONS}tokens/token-spike-user,{KEY},a test\n"},
    )
    yield (
        "quiet.something-else-of-that-id-was-deleted",
        [
            activity("rbac_role_deleted", ADMIN, at("04-14 09:00"), role_id=KEY),
            _use(),
        ],
    )


def _renamed() -> dict[str, str]:
    return {"type": "name", "previous_value": "batch", "current_value": "nightly batch"}


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


def _off_hours() -> Iterator[tuple[Any, ...]]:
    default = "*,1970-01-01,2100-01-01,0,360,1320,12345\n"
    berlin = f"{CALENDAR}{default}lena@example.com,2026-03-29,2026-10-25,120,480,1080,12345\n"
    yield "fires.five-things-at-night", _night(FIVE)
    yield "fires.across-midnight", _night(["23:40", "23:50"], day="04-14") + _night(FIVE[:3])
    yield (
        "fires.late-evening-in-their-own-zone",
        _night(["16:05", "16:15", "16:25", "16:35", "16:45"], day="04-14"),
        {"claude_calendar": berlin},
    )
    day_off = f"{CALENDAR}*,1970-01-01,2100-01-01,0,360,1320,1345\n"
    by_day = ["10:00", "10:10", "10:20", "10:30", "10:40"]
    yield "fires.on-a-day-off", _night(by_day, day="04-14"), {"claude_calendar": day_off}
    yield "quiet.older-than-the-lookback", _night(FIVE, day="04-13")
    yield "fires.no-calendar-at-all", _night(FIVE), {"claude_calendar": CALENDAR}
    yield (
        "fires.excluded-from-another-rule",
        _night(FIVE),
        {"claude_exclusions": f"{EXCLUSIONS}keys/revoked-key-used,lena@example.com,a test\n"},
    )
    summer = "*,1970-01-01,2026-03-29,60,360,1320,12345\n*,2026-03-29,2100-01-01,120,360,1320,12345\n"
    yield "quiet.a-default-with-daylight-saving", _night(FIVE[:3]), {"claude_calendar": CALENDAR + summer}
    expired = "*,1970-01-01,2026-01-01,720,360,1320,12345\n"
    yield "fires.only-an-expired-default", _night(FIVE), {"claude_calendar": CALENDAR + expired}
    yield "quiet.four-things", _night(FIVE[:4])
    yield "quiet.by-day", _night(["09:00", "09:10", "09:20", "09:30", "09:40"])
    yield "quiet.at-the-first-minute", _night(["06:00", "06:01", "06:02", "06:03", "06:04"])
    yield "quiet.at-the-last-minute", _night(["21:50", "21:52", "21:54", "21:56", "21:59"], day="04-14")
    yield (
        "quiet.morning-in-their-own-zone",
        _night(["06:05", "06:15", "06:25", "06:35", "06:45"]),
        {"claude_calendar": berlin.replace("0,360,1320", "0,540,1320")},
    )
    yield "quiet.app-loads", _night(FIVE, kind="claude_chat_viewed")
    yield "quiet.collected-long-ago", _night(FIVE, collected=None)
    yield "quiet.backfilled", _night(FIVE, backfilled=True)
    yield "quiet.two-nights", _night(FIVE[:3]) + _night(FIVE[:3], day="04-14")
    yield "quiet.two-people", _night(FIVE[:3]) + _night(FIVE[:3], who="mateo")
    yield (
        "quiet.a-key-at-night",
        [
            activity("compliance_api_accessed", key_actor("apikey_01Job"), at(f"04-15 {t}"), number=i)
            for i, t in enumerate(FIVE)
        ],
    )
    nobody = {"type": "unauthenticated_user_actor", "unauthenticated_email_address": "lena@example.com"}
    yield (
        "quiet.sign-ins-begun-by-nobody-known",
        [
            activity("sso_login_initiated", nobody, at(f"04-15 {t}"), number=i, collected=NOON)
            for i, t in enumerate(FIVE)
        ],
    )
    yield "quiet.the-same-rows-twice", _night(FIVE[:3]) * 2
    yield (
        "quiet.excluded-person",
        _night(FIVE),
        {"claude_exclusions": f"{EXCLUSIONS}off-hours/off-hours-activity,lena@example.com,on call\n"},
    )


DANA = {"account_id": "user_01Dana"}


def _days(tokens: list[int], last: str = "04-14", who: dict[str, Any] = DANA) -> list[Collected]:
    """A bucket a day, the last on `last`."""
    end = at(f"{last} 10:00")
    return [usage(who, end - timedelta(days=len(tokens) - 1 - i), n) for i, n in enumerate(tokens)]


def _spike(tokens: int, day: str = "04-15 08:00", **options: Any) -> Collected:
    return usage(DANA, at(day), tokens, collected=options.pop("collected", NOON), **options)


STEADY = [100_000, 110_000, 90_000, 105_000, 95_000, 100_000, 102_000]


def _token_spike() -> Iterator[tuple[Any, ...]]:
    yield "fires.ten-times-the-usual", [*_days(STEADY), _spike(1_000_000)]
    yield "fires.in-two-buckets", [*_days(STEADY), _spike(120_000), _spike(130_000, "04-15 09:00")]
    yield "fires.restated-upwards", [*_days(STEADY), _spike(110_000, collected=at("04-15 10:45")), _spike(900_000)]
    yield (
        "fires.excluded-from-another-rule",
        [*_days(STEADY), _spike(1_000_000)],
        {"claude_exclusions": f"{EXCLUSIONS}keys/revoked-key-used,user_01Dana,a test\n"},
    )
    yield "quiet.six-days-of-history", [*_days(STEADY[:6]), _spike(1_000_000)]
    yield "quiet.within-the-floor-of-the-spread", [*_days(STEADY), _spike(170_000)]
    yield (
        "quiet.a-wild-past",
        [*_days([100_000, 900_000, 50_000, 700_000, 20_000, 800_000, 300_000]), _spike(1_000_000)],
    )
    yield (
        "quiet.an-old-day-cut-in-half",
        [
            *_days(STEADY[:6], "04-14"),
            usage(DANA, at("04-01 13:00"), 100_000),
            _spike(1_000_000),
        ],
    )
    yield "quiet.little-in-all", [*_days([n // 100 for n in STEADY]), _spike(99_000)]
    yield (
        "quiet.collected-long-ago",
        [*_days(STEADY, "04-12"), _spike(1_000_000, "04-13 08:00", collected=at("04-13 10:00"))],
    )
    yield "quiet.backfilled", [*_days(STEADY), _spike(1_000_000, backfilled=True)]
    yield "quiet.restated-downwards", [*_days(STEADY), _spike(1_000_000, collected=at("04-15 10:45")), _spike(110_000)]
    yield "quiet.the-same-bucket-twice", [*_days(STEADY), _spike(170_000), _spike(170_000)]
    yield "quiet.another-principal's-past", [*_days(STEADY, who={"account_id": "user_01Eve"}), _spike(1_000_000)]
    yield (
        "quiet.excluded-principal",
        [*_days(STEADY), _spike(1_000_000)],
        {"claude_exclusions": f"{EXCLUSIONS}tokens/token-spike-user,user_01Dana,a migration\n"},
    )


def files() -> dict[Path, str]:
    """Path and text of every fixture file."""
    made: dict[Path, str] = {}
    for story in stories():
        stem = ROOT / story.rule / story.name
        made[stem.with_name(f"{stem.name}.jsonl")] = "".join(_line(collected) for collected in story.events)
        for lookup, text in story.lookups.items():
            made[stem.with_name(f"{stem.name}.{lookup}.csv")] = text
        if story.name.startswith("fires."):
            query = (ROOT / story.rule / "query.kql").read_text()
            rows = run_kql(query, story.events, NOW, story.lookups)
            made[stem.with_name(f"{stem.name}.expect.json")] = json.dumps(rows, indent=1, sort_keys=True) + "\n"
    return made


def _line(collected: Collected) -> str:
    event = collected.event
    fixture = {
        "stream": event.stream,
        "source": collected.source,
        "pivots": event.pivots._asdict(),
        "event": json.loads(event.body),
    }
    return json.dumps(fixture) + "\n"


def main() -> None:
    """Write the files; those of stories that are gone go too."""
    made = files()
    kept = {path.name for path in made}
    for path in ROOT.glob("*/*/*"):
        if path.name.startswith(("fires.", "quiet.")) and path.name not in kept:
            path.unlink()
    for path, text in made.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
