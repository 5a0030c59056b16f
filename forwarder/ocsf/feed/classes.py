"""The OCSF classes of the Activity Feed: how each is filled from a plan and what is left of the record.

A builder moves what fits an attribute out of `rest`; what does not fit stays there and lands in `unmapped`.
"""

from typing import Any, NamedTuple

from forwarder.ocsf.core.captions import AUTH_PROTOCOLS, ENTITY_TYPES, OTHER, USER_TYPES
from forwarder.ocsf.core.checks import is_email
from forwarder.ocsf.core.cleaning import clean
from forwarder.ocsf.feed.actors import Actor
from forwarder.ocsf.feed.changes import before_and_after
from forwarder.ocsf.feed.plan import Builder, Built, Plan

CLAUDE = {"name": "claude.ai"}
NOWHERE = {"name": "unknown"}
NOBODY: dict[str, Any] = {"name": "unknown", "type": USER_TYPES[0], "type_id": 0}
PEOPLE = ("user_actor", "unauthenticated_user_actor")
PRINCIPALS = {"user": 1, "member": 1, "account": 1, "service_account": 4}
"""The feed's words for who is given something, and OCSF's type of user; others are type 99 under their own word."""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"}


def take(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that holds a string, taken out of `rest`."""
    for name in names:
        value = rest.get(name)
        if value.__class__ is str and value:
            del rest[name]
            return str(value)
    return None


def authentication(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """3002: `user` is who signs in, which is the actor itself."""
    event["user"] = actor.user
    event["service"] = CLAUDE
    if plan.protocol:
        event["auth_protocol"] = plan.protocol
        event["auth_protocol_id"] = AUTH_PROTOCOLS.get(plan.protocol, OTHER)
    if rest.get("mfa_method") == "not_used":
        event["is_mfa"] = False
    if plan.idp and "idp" not in actor.attributes and (provider := take(rest, plan.idp)):
        event["actor"] = {**actor.attributes, "idp": {"name": provider}}
    return Built(None)


def account(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """3001: `user` is the account acted on; where the record names none, a person's own."""
    named = target(plan, rest)
    event["user"] = user = named or (actor.user if actor.kind in PEOPLE else NOBODY)
    return Built(user.get("uid"), named, "user")


def access(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """3005: who was given or lost which privileges, and on what."""
    named = target(plan, rest)
    event["user"] = named or NOBODY
    event["privileges"] = privileges(plan, rest)
    resource = thing(plan, rest, needed=False)
    if resource:
        event["resources"] = [resource]
    return Built(named.get("uid") if named else None, named, "user", resource.get("type"))


def group(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """3006: a group or workspace and the member added or removed. Several members stay in `unmapped`."""
    entry = event["group"] = thing(plan, rest)
    user = target(plan, rest)
    if user:
        event["user"] = user
    if plan.privileges and (given := privileges(plan, rest)):
        event["privileges"] = given
    return Built(entry.get("uid"), user, "user")


def entity(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """3004: a key, role, setting … before and, where the record says so, after."""
    entry = event["entity"] = thing(plan, rest)
    entry["type_id"] = ENTITY_TYPES.get(plan.kind, OTHER)
    user = target(plan, rest)
    before, after = _compared(plan, rest)
    if after:
        event["entity_result"] = {**entry, "data": after}
    if before:
        entry["data"] = {**entry.get("data", {}), **before}
    if user:
        entry["user"] = user
    return Built(entry.get("uid"), user, "entity.user", entry["type"])


def web(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """6001: chats, projects, exports. Carries an actor by the profile `host`."""
    entry = thing(plan, rest)
    event["web_resources"] = [entry]
    before, after = _compared(plan, rest)
    if after:
        event["web_resources_result"] = [{**entry, "data": after}]
    if before:
        entry["data"] = {**entry.get("data", {}), **before}
    return Built(entry.get("uid"), kind=entry["type"])


def file(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """6006: a file. It is named by its id where Anthropic leaves its name out (everywhere since 2026-09-24)."""
    uid, name = take(rest, plan.uid), take(rest, plan.name)
    entry: dict[str, Any] = {"name": name or uid or "unknown", "type": "Regular File", "type_id": 1}
    if uid:
        entry["uid"] = uid
    event.setdefault("src_endpoint", NOWHERE)
    event["file"] = entry
    return Built(uid)


def api(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """6003: what no other class describes better; `api.operation` is the activity type."""
    event.setdefault("src_endpoint", NOWHERE)
    event["api"] = {"operation": plan.code}
    resource = thing(plan, rest, needed=False)
    if resource:
        event["resources"] = [resource]
    return Built(resource.get("uid"))


def api_access(plan: Plan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> Built:
    """6003 of a call to the Compliance API: its verb, address and answer."""
    event.pop("http_request", None)
    request: dict[str, Any] = {"user_agent": actor.agent} if actor.agent else {}
    event.setdefault("src_endpoint", NOWHERE)
    method = rest.get("request_method")
    if method.__class__ is str and method in METHODS:
        request["http_method"] = rest.pop("request_method")
    if url := take(rest, ("url",)):
        request["url"] = {"url_string": url}
    if request:
        event["http_request"] = request
    call = event["api"] = {"operation": plan.code}
    if uid := take(rest, ("request_id",)):
        call["request"] = {"uid": uid}
    key = take(rest, plan.uid) or actor.uid
    if key:
        call["token"] = {"uid": key, "type": "API Token", "type_id": 7}
    code = _status_code(rest)
    if code:
        event["http_response"] = call["response"] = {"code": code}
    return Built(key, failed=code >= 400)


def _status_code(rest: dict[str, Any]) -> int:
    """The HTTP status, 0 where the record holds none."""
    code = rest.get("status_code")
    if code.__class__ is not int or not 100 <= code < 600:
        return 0
    del rest["status_code"]
    return code


def _compared(plan: Plan, rest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not plan.changes and not plan.has_updates:
        return {}, {}
    return before_and_after(plan, rest)


def privileges(plan: Plan, rest: dict[str, Any]) -> list[str]:
    """Roles and permissions given or taken: those the type means, and all that the record names."""
    named = (take(rest, (name,)) for name in plan.privileges)
    return [*plan.granted, *(privilege for privilege in named if privilege)]


def target(plan: Plan, rest: dict[str, Any]) -> dict[str, Any] | None:
    """The user acted on, by the plan's fields."""
    kind = _principal(plan, rest)
    uid, email = take(rest, plan.user_uid) or _only(rest, plan.user_uid), take(rest, plan.user_email)
    if not uid and not email:
        return None
    user: dict[str, Any] = {}
    if uid:
        user["uid"] = uid
    if email:
        user["name"] = email
        if is_email(email):
            user["email_addr"] = email
    user["type_id"] = PRINCIPALS.get(kind, OTHER)
    user["type"] = kind if user["type_id"] == OTHER else USER_TYPES[user["type_id"]]
    return user


def _principal(plan: Plan, rest: dict[str, Any]) -> str:
    """What kind of principal the user acted on is, by the record's own word or by the field that holds its id."""
    for name in plan.user_kind:
        if rest.get(name).__class__ is str and rest[name]:
            return str(rest[name])
    return "service_account" if rest.get("service_account_id") and "service_account_id" in plan.user_uid else "user"


def _only(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The id in a list that holds one, taken out of `rest`; of several none is more the user than the others."""
    for name in names:
        value = rest.get(name)
        if value.__class__ is list and len(value) == 1 and value[0].__class__ is str and value[0]:
            del rest[name]
            return str(value[0])
    return None


def thing(plan: Plan, rest: dict[str, Any], needed: bool = True) -> dict[str, Any]:
    """What was acted on: uid, name, type and the fields that describe it. Empty where it need not be there."""
    uid, name = take(rest, plan.uid), take(rest, plan.name)
    if not needed and not uid and not name:
        return {}
    entry: dict[str, Any] = {}
    if uid:
        entry["uid"] = uid
    if name or not uid:
        entry["name"] = name or plan.called
    entry["type"] = (take(rest, plan.kinds) if plan.kinds else None) or plan.kind
    if plan.data and (data := _described(plan.data, rest)):
        entry["data"] = data
    return entry


def _described(names: tuple[str, ...], rest: dict[str, Any]) -> dict[str, Any]:
    found = ((name, clean(rest.pop(name, None))) for name in names)
    return {name: value for name, value in found if value is not None}


class Filling(NamedTuple):
    """How one OCSF class is filled."""

    class_uid: int
    build: Builder
    pointer: str = ""
    profiles: tuple[str, ...] = ()


FILLINGS: dict[str, Filling] = {
    "account": Filling(3001, account, "user.uid"),
    "authentication": Filling(3002, authentication),
    "entity": Filling(3004, entity, "entity.uid"),
    "access": Filling(3005, access, "user.uid"),
    "group": Filling(3006, group, "group.uid"),
    "web": Filling(6001, web, "web_resources[].uid", ("host",)),
    "api": Filling(6003, api, "resources[].uid"),
    "api_access": Filling(6003, api_access, "api.token.uid"),
    "file": Filling(6006, file, "file.uid"),
}
"""The catalogue's short name of a class → how it is filled."""
