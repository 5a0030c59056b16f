"""An ordinary month with an account takeover: keys created, a revoked key used, files read and data exported at night.

The account is that of `attack_person`; all of it happens in the last two days.
"""

import random
from typing import Any, NamedTuple

from forwarder.simulator.clock import DAY, HOUR, MINUTE, SECOND
from forwarder.simulator.scenarios.issue import Issue, chance, new_id
from forwarder.simulator.scenarios.ordinary import issue, ordinary
from forwarder.simulator.scenarios.people import ScenarioPerson, organizations, people

NAME = "attack-keys"
_ATTACK_ADDRESS = "203.0.113.66"
"""An address that no one else uses (RFC 5737)."""


class _Step(NamedTuple):
    at_us: int
    type: str
    fields: dict[str, Any]


def attack_keys(count: int, seed: int, now_us: int) -> list[Issue]:
    """`count` ordinary activities and those of the attack, oldest first."""
    background = ordinary(count, seed, now_us - 30 * DAY, now_us - MINUTE, name=NAME)
    dice = chance(f"{NAME}/story", seed)
    person = attack_person(seed)
    attack = [issue(dice, step.type, person, step.at_us, step.fields) for step in _attack(dice, person, now_us)]
    seen = [made._replace(visible_us=min(made.visible_us, now_us)) for made in attack]
    return sorted([*background, *seen], key=lambda made: made.created_us)


def attack_person(seed: int) -> ScenarioPerson:
    """The person whose account is used: a member of the same company as the background's people."""
    dice = chance(NAME, seed)
    home = organizations(dice, 1)
    return people(dice, 4, home)[3]._replace(ip_address=_ATTACK_ADDRESS)


def _attack(dice: random.Random, person: ScenarioPerson, now_us: int) -> list[_Step]:
    night = _night_of(person, now_us)
    old_key = new_id(dice, "apikey_")
    return [
        *_old_key(dice, old_key, person, now_us),
        *_new_keys(dice, night),
        *_churn(dice, night + HOUR),
        *_reading_at_night(dice, night + 2 * HOUR),
        _Step(night + 3 * HOUR, "org_data_export_started", {"export_type": "conversations"}),
        _Step(night + 3 * HOUR + 9 * MINUTE, "org_data_export_completed", {"export_type": "conversations"}),
        _Step(night + 3 * HOUR + 12 * MINUTE, "org_data_export_accessed", {"export_type": "conversations"}),
        _Step(night + 3 * HOUR + 15 * MINUTE, "org_members_exported", {}),
    ]


def _night_of(person: ScenarioPerson, now_us: int) -> int:
    """One o'clock of a night in the person's own zone, a day or two before `now_us`."""
    local = now_us + person.zone * HOUR
    return local - local % DAY - DAY + HOUR - person.zone * HOUR


def _update(key: str, before: str, after: str) -> dict[str, Any]:
    change = {"type": "status", "previous_value": before, "current_value": after}
    return {"api_key_id": key, "updates": [change]}


def _used(dice: random.Random, key: str, home: ScenarioPerson) -> dict[str, Any]:
    """A call made with a key: the key is the actor."""
    actor = {"type": "api_actor", "api_key_id": key, "ip_address": _ATTACK_ADDRESS, "user_agent": "curl/8.5.0"}
    return {
        "actor": actor,
        "request_id": new_id(dice, "req_"),
        "request_method": "GET",
        "request_body": None,
        "status_code": 200,
        "url": "https://api.anthropic.com/v1/compliance/apps/chats?limit=1000",
    }


def _old_key(dice: random.Random, key: str, person: ScenarioPerson, now_us: int) -> list[_Step]:
    """A key of a month ago, deactivated and deleted, then used again."""
    ended = now_us - 2 * DAY
    scopes = ["read:compliance_activities", "read:compliance_user_data"]
    platform_key = new_id(dice, "apikey_")
    return [
        _Step(
            now_us - 30 * DAY,
            "api_key_created",
            {"api_key_id": key, "scopes": scopes, "restricted_to_organization": False},
        ),
        _Step(now_us - 29 * DAY, "platform_api_key_created", {"api_key_id": platform_key}),
        _Step(ended, "platform_api_key_updated", _update(platform_key, "active", "inactive")),
        _Step(
            ended,
            "scoped_api_key_deleted",
            {"api_key_id": key, "api_key_name": "archive-job", "scopes": scopes},
        ),
        *(_Step(ended + n * HOUR, "compliance_api_accessed", _used(dice, key, person)) for n in range(1, 13)),
    ]


def _new_keys(dice: random.Random, at_us: int) -> list[_Step]:
    scopes = ["read:compliance_user_data", "delete:compliance_user_data"]
    return [
        _Step(
            at_us,
            "admin_api_key_created",
            {"admin_api_key_id": new_id(dice, "apikey_"), "scopes": ["org:admin"]},
        ),
        _Step(
            at_us + MINUTE,
            "api_key_created",
            {"api_key_id": new_id(dice, "apikey_"), "scopes": scopes, "restricted_to_organization": False},
        ),
        _Step(at_us + 2 * MINUTE, "platform_api_key_created", {"api_key_id": new_id(dice, "apikey_")}),
    ]


def _churn(dice: random.Random, at_us: int) -> list[_Step]:
    """Eight keys made and archived again, each within a minute."""
    steps = []
    for n in range(8):
        key, born = new_id(dice, "apikey_"), at_us + n * 2 * MINUTE
        steps.append(_Step(born, "platform_api_key_created", {"api_key_id": key}))
        steps.append(_Step(born + MINUTE, "platform_api_key_updated", _update(key, "active", "archived")))
    return steps


def _reading_at_night(dice: random.Random, at_us: int) -> list[_Step]:
    """Sixty files opened, one every ten seconds."""
    return [
        _Step(
            at_us + n * 10 * SECOND,
            "claude_file_viewed",
            {
                "claude_file_id": new_id(dice, "claude_file_"),
                "claude_project_id": new_id(dice, "claude_proj_"),
                "filename": "",
            },
        )
        for n in range(60)
    ]
