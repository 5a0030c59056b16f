"""The pivots of an event that was written long ago, read from the event itself: the way back from an archive.

Invariant: for every event of this version they are those that the normaliser gave it (a test compares them all).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from forwarder.ocsf.admin.lists import list_mappings
from forwarder.ocsf.feed.catalogue import plans
from forwarder.records import KeyFields, Stream

_THINGS = ("entity", "file", "group", "resource")
_LISTS = ("resources", "web_resources")
_ON_ACCOUNTS = {3001, 3005, 5003}
_REPORTS = ("usage_report.", "cost_report")
_PLACEHOLDERS = {"unknown", "Unknown"}


@lru_cache(maxsize=1)
def _captions() -> Mapping[str, str]:
    """The first word of an event code that the forwarder made → the type of its object."""
    return {**{mapping.code: mapping.caption for mapping in list_mappings().values()}, "forwarder": "Forwarder"}


def key_fields_of(event: Mapping[str, Any]) -> KeyFields:
    """The pivots of an OCSF event that the forwarder made. Raises `KeyError` for what it did not make."""
    told, unmapped = event["metadata"], event.get("unmapped", {})
    code: str = told["event_code"]
    actor = event.get("actor", {}).get("user", {})
    uid, kind = _object(event, code)
    context = event.get("message_context", {})
    return KeyFields(
        event["time"],
        told["logged_time"],
        told["uid"],
        code,
        event["class_uid"],
        event["activity_id"],
        _user(event, actor),
        actor.get("uid"),
        unmapped.get("actor", {}).get("type"),
        told.get("tenant_uid"),
        event.get("src_endpoint", {}).get("ip"),
        uid,
        kind,
        event.get("ai_model", {}).get("name"),
        context.get("total_tokens"),
        unmapped.get("revision"),
    )


def stream_of(event: Mapping[str, Any]) -> Stream:
    """The stream of an event that the forwarder made."""
    log: str = event["metadata"]["log_name"]
    if log.endswith(".metrics") or log.startswith(_REPORTS):
        return "usage"
    return "agent" if event["metadata"].get("log_format") == "OTLP" else "activity"


def _user(event: Mapping[str, Any], actor: Mapping[str, Any]) -> str | None:
    """E-mail address or name of who acted, else of the user acted on."""
    thing = event.get("entity", {})
    listed: Mapping[str, Any] = next(iter(event.get("resources", ())), {})
    after = event.get("user_result", {}) if event["metadata"]["event_code"].startswith("user.") else {}
    people = (
        actor,
        after,
        event.get("user", {}),
        thing.get("user", {}),
        listed if listed.get("type") == "Invite" else {},
    )
    for person in people:
        for name in (person.get("email_addr"), person.get("name")):
            if name and name not in _PLACEHOLDERS:
                return str(name)
    uid: str | None = actor.get("uid") if "usage" in event.get("unmapped", {}) else None
    return uid


def _object(event: Mapping[str, Any], code: str) -> tuple[str | None, str | None]:
    """Uid and type of what was acted on."""
    plan = plans().get(code)
    thing: Mapping[str, Any] = next((event[name] for name in _THINGS if name in event), {})
    listed: Mapping[str, Any] = next((event[name][0] for name in _LISTS if event.get(name)), {})
    token = event.get("api", {}).get("token", {})
    unmapped, word = event.get("unmapped", {}), code.partition(".")[0]
    uid = thing.get("uid") or listed.get("uid") or token.get("uid")
    own = thing.get("type") or listed.get("type")
    if plan:
        kind = (own if plan.kinds else None) or plan.kind or own
    else:
        kind = (own if "group" in event else None) or _captions().get(word) or own
    if word == "forwarder":
        uid = event["metadata"]["reporter"]["uid"]
    elif word == "invite":
        uid = uid or (unmapped.get("after") or unmapped.get("before") or {}).get("id")
    elif code == "usage_report.messages":
        uid, kind = unmapped["usage"].get("api_key_id"), "API Key"
    elif event["class_uid"] in _ON_ACCOUNTS:
        uid = (
            event.get("user", {}).get("uid") if event["class_uid"] == 3005 else uid or event.get("user", {}).get("uid")
        )
    return uid, kind or None
