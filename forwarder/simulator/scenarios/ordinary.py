"""An ordinary month of a company of 240: what people do all day, in office hours, over several time zones."""

import random
from collections.abc import Callable
from typing import Any

from forwarder.simulator.clock import DAY, SECOND, rfc3339
from forwarder.simulator.scenarios.issue import Issue, chance, new_id
from forwarder.simulator.scenarios.people import Person, organizations, people, working_moment

Fields = Callable[[random.Random, Person], dict[str, Any]]

PEOPLE = 240


def ids(**prefixes: str) -> Fields:
    """Fields that are each a new id of the given prefix."""
    return lambda dice, person: {name: new_id(dice, prefix) for name, prefix in prefixes.items()}


def _sometimes_in_project(dice: random.Random, person: Person) -> dict[str, Any]:
    project = new_id(dice, "claude_proj_") if dice.random() < 0.3 else None
    return {"claude_chat_id": new_id(dice, "claude_chat_"), "claude_project_id": project}


def _file(dice: random.Random, person: Person) -> dict[str, Any]:
    # Since 2026-09-24 file names are empty or left out.
    named = {"filename": ""} if dice.random() < 0.5 else {}
    fields = {"claude_file_id": new_id(dice, "claude_file_"), "claude_chat_id": new_id(dice, "claude_chat_")}
    return {**named, **fields}


def _sign_in(dice: random.Random, person: Person) -> dict[str, Any]:
    return {"auth_method": "sso", "mfa_method": "not_used", "organization_id": None, "organization_uuid": None}


def _nobody_home(dice: random.Random, person: Person) -> dict[str, Any]:
    return {"organization_id": None, "organization_uuid": None}


def _before_sign_in(dice: random.Random, person: Person) -> dict[str, Any]:
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
    "user_logged_out": (10, _nobody_home),
    "org_user_viewed": (5, ids(user_id="user_")),
    "org_users_listed": (5, lambda dice, person: {}),
    "mcp_server_created": (
        1,
        lambda dice, person: {"mcp_server_id": new_id(dice, "mcpsrv_"), "mcp_server_name": "wiki"},
    ),
}
"""How often each thing happens (weight) and the fields it has."""


def ordinary(
    count: int, seed: int, start_us: int, end_us: int, *, name: str = "ordinary-month", homes: int = 1
) -> list[Issue]:
    """`count` activities between the two moments, oldest first."""
    dice = chance(name, seed)
    staff = people(dice, PEOPLE, organizations(dice, homes))
    types, weights = list(HABITS), [weight for weight, _ in HABITS.values()]
    chosen = dice.choices(types, weights, k=count)
    issues = [_one(dice, type_, dice.choice(staff), start_us, end_us) for type_ in chosen]
    return sorted(issues, key=lambda issue: issue.created_us)


def _one(dice: random.Random, type_: str, person: Person, start_us: int, end_us: int) -> Issue:
    created = working_moment(dice, person, start_us, end_us)
    return issue(dice, type_, person, created, HABITS[type_][1](dice, person))


def issue(dice: random.Random, type_: str, person: Person, created_us: int, fields: dict[str, Any]) -> Issue:
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
