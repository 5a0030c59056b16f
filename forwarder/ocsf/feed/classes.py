"""The OCSF classes of the Activity Feed: how each is built from a plan and the rest of the record.

A builder moves every field that fits an attribute out of `rest`; other fields stay there and become `unmapped`.
Source: Compliance API reference, List activities: `updates[]` holds `type`, `previous_value`, `current_value`.
"""

from typing import Any, NamedTuple

from forwarder.ocsf.core.actors import NOBODY, NOWHERE, Actor
from forwarder.ocsf.core.captions import AUTH_PROTOCOLS, ENTITY_TYPES, OTHER, USER_TYPES
from forwarder.ocsf.core.envelope import ClassResult
from forwarder.ocsf.core.values import clean, is_email, take_first_text, take_text
from forwarder.ocsf.feed.plan import ActivityBuilder, ActivityPlan

CLAUDE = {"name": "claude.ai"}
HUMAN_ACTORS = ("user_actor", "unauthenticated_user_actor")
PRINCIPALS = {"user": 1, "member": 1, "account": 1, "service_account": 4}
"""The feed's words for a principal and OCSF's type of user; others are type 99 under their own word."""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"}


def authentication(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """3002: `user` is the actor, who signs in."""
    event["user"] = actor.user
    event["service"] = CLAUDE
    if plan.protocol:
        event["auth_protocol"] = plan.protocol
        event["auth_protocol_id"] = AUTH_PROTOCOLS.get(plan.protocol, OTHER)
    if rest.get("mfa_method") == "not_used":
        event["is_mfa"] = False
    if plan.idp and "idp" not in actor.attributes and (provider := take_first_text(rest, plan.idp)):
        event["actor"] = {**actor.attributes, "idp": {"name": provider}}
    return ClassResult()


def account(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """3001: `user` is the account acted on; where the record names none, a human actor's own."""
    named = user_acted_on(plan, rest)
    event["user"] = user = named or (actor.user if actor.type in HUMAN_ACTORS else NOBODY)
    return ClassResult(user.get("uid"), None, named, "user")


def access(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """3005: the user, the privileges granted or revoked, and the resource they are for."""
    named = user_acted_on(plan, rest)
    event["user"] = named or NOBODY
    event["privileges"] = privileges(plan, rest)
    resource = object_acted_on(plan, rest, needed=False)
    if resource:
        event["resources"] = [resource]
    return ClassResult(named.get("uid") if named else None, resource.get("type"), named, "user")


def group(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """3006: a group or workspace and the member added or removed. Several members stay in `unmapped`."""
    entry = event["group"] = object_acted_on(plan, rest)
    user = user_acted_on(plan, rest)
    if user:
        event["user"] = user
    if plan.privileges and (given := privileges(plan, rest)):
        event["privileges"] = given
    return ClassResult(entry.get("uid"), None, user, "user")


def entity(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """3004: a key, role, setting … before and, where the record shows it, after the change."""
    entry = event["entity"] = object_acted_on(plan, rest)
    entry["type_id"] = ENTITY_TYPES.get(plan.kind, OTHER)
    user = user_acted_on(plan, rest)
    before, after = _before_and_after(plan, rest)
    if after:
        event["entity_result"] = {**entry, "data": after}
    if before:
        entry["data"] = {**entry.get("data", {}), **before}
    if user:
        entry["user"] = user
    return ClassResult(entry.get("uid"), entry["type"], user, "entity.user")


def web(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """6001: chats, projects, exports. Carries an actor by the profile `host`."""
    entry = object_acted_on(plan, rest)
    event["web_resources"] = [entry]
    before, after = _before_and_after(plan, rest)
    if after:
        event["web_resources_result"] = [{**entry, "data": after}]
    if before:
        entry["data"] = {**entry.get("data", {}), **before}
    return ClassResult(entry.get("uid"), entry["type"])


def file(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """6006: a file. It is named by its id where Anthropic leaves its name out (everywhere since 2026-09-24)."""
    uid, name = take_first_text(rest, plan.uid), take_first_text(rest, plan.name)
    entry: dict[str, Any] = {"name": name or uid or "unknown", "type": "Regular File", "type_id": 1}
    if uid:
        entry["uid"] = uid
    event.setdefault("src_endpoint", NOWHERE)
    event["file"] = entry
    return ClassResult(uid)


def api(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """6003: activities that no other class describes better; `api.operation` is the activity type."""
    event.setdefault("src_endpoint", NOWHERE)
    event["api"] = {"operation": plan.code}
    resource = object_acted_on(plan, rest, needed=False)
    if resource:
        event["resources"] = [resource]
    return ClassResult(resource.get("uid"))


def api_access(plan: ActivityPlan, event: dict[str, Any], rest: dict[str, Any], actor: Actor) -> ClassResult:
    """6003 of a call to the Compliance API: its method, URL and status code."""
    event.pop("http_request", None)
    request: dict[str, Any] = {"user_agent": actor.user_agent} if actor.user_agent else {}
    event.setdefault("src_endpoint", NOWHERE)
    method = rest.get("request_method")
    if method.__class__ is str and method in METHODS:
        request["http_method"] = rest.pop("request_method")
    if url := take_text(rest, "url"):
        request["url"] = {"url_string": url}
    if request:
        event["http_request"] = request
    call = event["api"] = {"operation": plan.code}
    if uid := take_text(rest, "request_id"):
        call["request"] = {"uid": uid}
    key = take_first_text(rest, plan.uid) or actor.uid
    if key:
        call["token"] = {"uid": key, "type": "API Token", "type_id": 7}
    code = _status_code(rest)
    if code:
        event["http_response"] = call["response"] = {"code": code}
    return ClassResult(key, failed=code >= 400)


def _status_code(rest: dict[str, Any]) -> int:
    """The HTTP status, 0 where the record holds none."""
    code = rest.get("status_code")
    if code.__class__ is not int or not 100 <= code < 600:
        return 0
    del rest["status_code"]
    return code


def _before_and_after(plan: ActivityPlan, rest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that changed, by name, before and after. Pairs are taken out of `rest`, `updates[]` stays."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if not plan.changes and not plan.has_updates:
        return before, after
    for setting, old, new in plan.changes:
        _set(before, setting, rest.pop(old, None) if old else None)
        _set(after, setting, rest.pop(new, None) if new else None)
    updates = rest.get("updates") if plan.has_updates else None
    for update in updates if updates.__class__ is list else ():
        if update.__class__ is dict and update.get("type").__class__ is str and update["type"]:
            _set(before, update["type"], update.get("previous_value"))
            _set(after, update["type"], update.get("current_value"))
    return before, after


def _set(side: dict[str, Any], setting: str, value: Any) -> None:
    value = clean(value)
    if value is not None:
        side[setting] = value


def privileges(plan: ActivityPlan, rest: dict[str, Any]) -> list[str]:
    """Roles and permissions granted or revoked: those the type implies, and all that the record names."""
    named = (take_text(rest, name) for name in plan.privileges)
    return [*plan.granted, *(privilege for privilege in named if privilege)]


def user_acted_on(plan: ActivityPlan, rest: dict[str, Any]) -> dict[str, Any] | None:
    """The user acted on, by the plan's fields."""
    kind = _principal(plan, rest)
    uid = take_first_text(rest, plan.user_uid) or _only(rest, plan.user_uid)
    email = take_first_text(rest, plan.user_email)
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


def _principal(plan: ActivityPlan, rest: dict[str, Any]) -> str:
    """The type of principal acted on, by the record's own word or by the field that holds its id."""
    for name in plan.user_kind:
        if rest.get(name).__class__ is str and rest[name]:
            return str(rest[name])
    return "service_account" if rest.get("service_account_id") and "service_account_id" in plan.user_uid else "user"


def _only(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The id in a list that holds exactly one, taken out of `rest`. Lists of several users stay in `unmapped`."""
    for name in names:
        value = rest.get(name)
        if value.__class__ is list and len(value) == 1 and value[0].__class__ is str and value[0]:
            del rest[name]
            return str(value[0])
    return None


def object_acted_on(plan: ActivityPlan, rest: dict[str, Any], needed: bool = True) -> dict[str, Any]:
    """Uid, name, type and data of the object acted on. Empty if the record names none and the class needs none."""
    uid, name = take_first_text(rest, plan.uid), take_first_text(rest, plan.name)
    if not needed and not uid and not name:
        return {}
    entry: dict[str, Any] = {}
    if uid:
        entry["uid"] = uid
    if name or not uid:
        entry["name"] = name or plan.called
    entry["type"] = (take_first_text(rest, plan.kinds) if plan.kinds else None) or plan.kind
    if plan.data and (data := _data(plan.data, rest)):
        entry["data"] = data
    return entry


def _data(names: tuple[str, ...], rest: dict[str, Any]) -> dict[str, Any]:
    found = ((name, clean(rest.pop(name, None))) for name in names)
    return {name: value for name, value in found if value is not None}


class ActivityClass(NamedTuple):
    """How one OCSF class is built."""

    class_uid: int
    build: ActivityBuilder
    pointer: str = ""
    """Path of the object's uid in the event."""
    profiles: tuple[str, ...] = ()


ACTIVITY_CLASSES: dict[str, ActivityClass] = {
    "account": ActivityClass(3001, account, "user.uid"),
    "authentication": ActivityClass(3002, authentication),
    "entity": ActivityClass(3004, entity, "entity.uid"),
    "access": ActivityClass(3005, access, "user.uid"),
    "group": ActivityClass(3006, group, "group.uid"),
    "web": ActivityClass(6001, web, "web_resources[].uid", ("host",)),
    "api": ActivityClass(6003, api, "resources[].uid"),
    "api_access": ActivityClass(6003, api_access, "api.token.uid"),
    "file": ActivityClass(6006, file, "file.uid"),
}
"""The table's short name of a class → how it is built."""
