"""On whose behalf: the human behind a record, and the agent that acted.

Invariant: the human and the agent are never one row. `actor.user` is the human (or the installation, where there is no
account); the agent stands in `actor.app_*`, `unmapped.ai_agent` and `unmapped.delegation`, in the shapes of OCSF 1.9.0.
Source: Claude Code, Monitoring, Standard attributes: `user.account_id` is the Compliance API's `actor.user_id`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf.core.captions import USER_TYPES, observable
from forwarder.ocsf.core.checks import is_email

TELLING = (
    "user.account_id",
    "user.account_uuid",
    "user.email",
    "organization.id",
    "session.id",
    "terminal.type",
    "user.id",
    "enduser.id",
)
"""Attributes that say who it is, in the order of `person`'s arguments."""
PLACED = TELLING[:6]
"""Those whose whole value always has a place in `actor`."""


class Person(NamedTuple):
    """The human of a record, in OCSF's attributes. Shared between events: never changed."""

    actor: orjson.Fragment
    user: dict[str, Any]
    uid: str | None
    name: str | None
    session: str | None
    organization: str | None
    observables: tuple[orjson.Fragment, ...]
    by_install: bool
    """The uid is `user.id`: there is no account."""


@lru_cache(maxsize=8192)
def person(
    app_uid: str,
    app_name: str,
    account: str | None,
    account_uuid: str | None,
    email: str | None,
    organization: str | None,
    session: str | None,
    terminal: str | None,
    install: str | None,
    enduser: str | None,
) -> Person:
    """The human by account, else by what the operator calls them (`enduser.id`), else by installation."""
    user: dict[str, Any] = {}
    uid = account or account_uuid or enduser or install
    name = email or enduser
    if uid:
        user["uid"] = uid
    if account_uuid and account_uuid != uid:
        user["uid_alt"] = account_uuid
    if name or not uid:
        user["name"] = name or "unknown"
    if name and is_email(name):
        user["email_addr"] = name
    if organization:
        user["org"] = {"uid": organization}
    type_id = 1 if user.get("name") != "unknown" or uid else 0
    user |= {"type": USER_TYPES[type_id], "type_id": type_id}
    actor: dict[str, Any] = {"user": user, "app_name": app_name}
    if app_uid:
        actor["app_uid"] = app_uid
    held = {"uid": session, "terminal": terminal}
    if told := {key: value for key, value in held.items() if value}:
        actor["session"] = told
    return Person(
        orjson.Fragment(orjson.dumps(actor)),
        user,
        uid,
        name,
        session,
        organization,
        _observables(user),
        uid is not None and uid == install,
    )


def _observables(user: dict[str, Any]) -> tuple[orjson.Fragment, ...]:
    told = (
        observable("actor.user.uid", "User Object: uid", user.get("uid")),
        observable("actor.user.email_addr", "Email Address", user.get("email_addr")),
    )
    return tuple(orjson.Fragment(orjson.dumps(one)) for one in told if one["value"])


@lru_cache(maxsize=8192)
def agency(
    app_uid: str, name: str, version: str, session: str | None, prompt: str | None, issuer: str | None
) -> tuple[orjson.Fragment, orjson.Fragment | None]:
    """`ai_agent`, and the `delegation` by which it acts: the prompt within the session, else the session."""
    agent: dict[str, Any] = {"uid": app_uid or name, "name": name, "type_id": 1, "type": "Native"}
    agent |= {key: value for key, value in {"instance_uid": session, "version": version}.items() if value}
    order: dict[str, Any] = {"uid": prompt or session}
    if prompt and session:
        order["parent_uid"] = session
    if issuer:
        order["issuer_uid"] = issuer
    whole = orjson.Fragment(orjson.dumps(agent))
    return whole, orjson.Fragment(orjson.dumps(order)) if order["uid"] else None
