"""Ordinary life in a company of 240, in office hours over several time zones; and that life with late rows, equal
timestamps, many organizations, or on one busy day.
"""

import random
from collections.abc import Callable
from typing import Any

from forwarder.simulator.clock import DAY, HOUR, MINUTE, SECOND, rfc3339
from forwarder.simulator.scenarios.issue import Issue, chance, new_id
from forwarder.simulator.scenarios.people import ScenarioPerson, organizations, people, working_time

Fields = Callable[[random.Random, ScenarioPerson], dict[str, Any]]

PEOPLE = 240
_LATENESS = (
    (0.94, SECOND, 55 * SECOND),
    (0.03, 2 * MINUTE, 9 * MINUTE),
    (0.02, HOUR, 8 * HOUR),
    (0.01, 2 * DAY - HOUR, 2 * DAY + HOUR),
)
"""(share of the rows, least, most): how long after `created_at` a row becomes visible.

Just inside and just outside of what is documented: within a minute; Access Transparency: up to two business days.
"""


def ids(**prefixes: str) -> Fields:
    """Fields that are each a new id of the given prefix."""
    return lambda dice, person: {name: new_id(dice, prefix) for name, prefix in prefixes.items()}


def _sometimes_in_project(dice: random.Random, person: ScenarioPerson) -> dict[str, Any]:
    project = new_id(dice, "claude_proj_") if dice.random() < 0.3 else None
    return {"claude_chat_id": new_id(dice, "claude_chat_"), "claude_project_id": project}


def _file(dice: random.Random, person: ScenarioPerson) -> dict[str, Any]:
    # Since 2026-09-24 file names are empty or left out.
    named = {"filename": ""} if dice.random() < 0.5 else {}
    fields = {"claude_file_id": new_id(dice, "claude_file_"), "claude_chat_id": new_id(dice, "claude_chat_")}
    return {**named, **fields}


def _sign_in(dice: random.Random, person: ScenarioPerson) -> dict[str, Any]:
    return {"auth_method": "sso", "mfa_method": "not_used", "organization_id": None, "organization_uuid": None}


def _no_organization(dice: random.Random, person: ScenarioPerson) -> dict[str, Any]:
    return {"organization_id": None, "organization_uuid": None}


def _before_sign_in(dice: random.Random, person: ScenarioPerson) -> dict[str, Any]:
    actor = {
        "type": "unauthenticated_user_actor",
        "unauthenticated_email_address": person.email,
        "ip_address": person.ip_address,
        "user_agent": person.user_agent,
    }
    return {"actor": actor, "organization_id": None, "organization_uuid": None}


HABITS: dict[str, tuple[int, Fields]] = {
    "claude_chat_created": (180, _sometimes_in_project),
    "claude_chat_viewed": (300, _sometimes_in_project),
    "claude_chat_updated": (90, _sometimes_in_project),
    "claude_chat_deleted": (12, _sometimes_in_project),
    "claude_file_uploaded": (80, _file),
    "claude_file_viewed": (60, _file),
    "claude_project_viewed": (
        60,
        lambda dice, person: {"claude_project_id": new_id(dice, "claude_proj_"), "preview_only": False},
    ),
    "claude_project_created": (8, ids(claude_project_id="claude_proj_")),
    "claude_artifact_viewed": (
        40,
        ids(claude_artifact_id="claude_artifact_", claude_artifact_version_id="claude_artifact_version_"),
    ),
    "claude_artifact_created": (20, ids(claude_artifact_id="claude_artifact_")),
    "sso_login_initiated": (30, _before_sign_in),
    "sso_login_succeeded": (30, _sign_in),
    "sso_login_failed": (1, _before_sign_in),
    "user_logged_out": (10, _no_organization),
    "org_user_viewed": (5, ids(user_id="user_")),
    "org_users_listed": (5, lambda dice, person: {}),
    "mcp_server_created": (
        1,
        lambda dice, person: {"mcp_server_id": new_id(dice, "mcpsrv_"), "mcp_server_name": "wiki"},
    ),
}
"""How often each activity type happens (weight) and its fields."""


def ordinary(
    count: int, seed: int, start_us: int, end_us: int, *, name: str = "ordinary-month", homes: int = 1
) -> list[Issue]:
    """`count` activities between the two times, oldest first."""
    dice = chance(name, seed)
    staff = people(dice, PEOPLE, organizations(dice, homes))
    types, weights = list(HABITS), [weight for weight, _ in HABITS.values()]
    chosen = dice.choices(types, weights, k=count)
    issues = [_one(dice, type_, dice.choice(staff), start_us, end_us) for type_ in chosen]
    return sorted(issues, key=lambda issue: issue.created_us)


def _one(dice: random.Random, type_: str, person: ScenarioPerson, start_us: int, end_us: int) -> Issue:
    created = working_time(dice, person, start_us, end_us)
    return issue(dice, type_, person, created, HABITS[type_][1](dice, person))


def issue(dice: random.Random, type_: str, person: ScenarioPerson, created_us: int, fields: dict[str, Any]) -> Issue:
    """An activity of a person, readable within a minute. Now and then a time has whole seconds."""
    if dice.random() < 0.02:
        created_us -= created_us % SECOND
    activity = {
        "id": new_id(dice, "activity_"),
        "created_at": rfc3339(created_us),
        "organization_id": person.organization.id,
        "organization_uuid": person.organization.uuid,
        "actor": person.actor(),
        "type": type_,
        **fields,
    }
    return Issue(created_us + dice.randrange(SECOND, 55 * SECOND), created_us, activity)


def month(count: int, seed: int, now_us: int) -> list[Issue]:
    """The scenario `ordinary-month`: thirty days up to a minute ago, all readable now."""
    return ordinary(count, seed, now_us - 30 * DAY, now_us - 60 * SECOND)


def late_rows(count: int, seed: int, now_us: int) -> list[Issue]:
    """`count` ordinary activities, one in twenty of them late."""
    dice = chance("late-rows", seed)
    base = ordinary(count, seed, now_us - 2 * DAY, now_us + DAY, name="late-rows")
    return [made._replace(visible_us=made.created_us + _lateness(dice)) for made in base]


def _lateness(dice: random.Random) -> int:
    shares = [share for share, _, _ in _LATENESS]
    _, least, most = dice.choices(_LATENESS, shares)[0]
    return dice.randrange(least, most)


def equal_timestamps(count: int, seed: int, now_us: int) -> list[Issue]:
    """Runs of 1 to 700 activities that share their microsecond, so that page edges fall inside them."""
    dice = chance("equal-timestamps", seed)
    base = ordinary(count, seed, now_us - DAY, now_us - 2 * MINUTE, name="equal-timestamps")
    made: list[Issue] = []
    while len(made) < len(base):
        run = base[len(made) : len(made) + dice.choice([1, 2, 50, 250, 700])]
        made += [_at(one, run[0]) for one in run]
    return made


def _at(one: Issue, first: Issue) -> Issue:
    if isinstance(one.activity, str) or isinstance(first.activity, str):
        raise TypeError("only activities that are objects can be moved in time")
    activity = {**one.activity, "created_at": first.activity["created_at"]}
    return Issue(first.visible_us, first.created_us, activity)


def many_organizations(count: int, seed: int, now_us: int) -> list[Issue]:
    """A week of a parent with twelve organizations."""
    return ordinary(count, seed, now_us - 7 * DAY, now_us - MINUTE, name="many-organizations", homes=12)


def busy_day(count: int, seed: int, now_us: int) -> list[Issue]:
    """One ordinary day, for a server with a low rate limit."""
    return ordinary(count, seed, now_us - DAY, now_us - MINUTE, name="rate-limited")
