"""The key fields of an event read back from an archive, derived from the event itself.

Invariant: for every event of this version they equal those that the normalizers gave it (a test compares them all).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from forwarder.ocsf.admin.lists import list_mappings
from forwarder.ocsf.core.envelope import key_fields
from forwarder.ocsf.feed.catalogue import plans
from forwarder.records import KeyFields, Stream

_OBJECTS = ("entity", "file", "group", "resource")
_LISTS = ("resources", "web_resources")
_USER_ACCESS = 3005
_ACCOUNT_CLASSES = {3001, 5003}
_REPORTS = ("usage_report.", "cost_report")
_PLACEHOLDERS = {"unknown", "Unknown"}


@lru_cache(maxsize=1)
def _object_types() -> Mapping[str, str]:
    """First word of an event code of the Admin API or the forwarder → object type."""
    return {**{mapping.code: mapping.caption for mapping in list_mappings().values()}, "forwarder": "Forwarder"}


def key_fields_of(event: Mapping[str, Any]) -> KeyFields:
    """The key fields of an OCSF event of the forwarder. Raises `KeyError` for an event of another program."""
    metadata, unmapped = event["metadata"], event.get("unmapped", {})
    code: str = metadata["event_code"]
    actor = event.get("actor", {}).get("user", {})
    object_uid, object_type = _object(event, code)
    return key_fields(
        time_ms=event["time"],
        logged_ms=metadata["logged_time"],
        uid=metadata["uid"],
        event_code=code,
        class_uid=event["class_uid"],
        activity_id=event["activity_id"],
        user=_user(event, actor),
        actor_uid=actor.get("uid"),
        actor_type=unmapped.get("actor", {}).get("type"),
        organization=metadata.get("tenant_uid"),
        src_ip=event.get("src_endpoint", {}).get("ip"),
        object_uid=object_uid,
        object_type=object_type,
        model=event.get("ai_model", {}).get("name"),
        tokens=event.get("message_context", {}).get("total_tokens"),
        revision=unmapped.get("revision"),
    )


def stream_of(event: Mapping[str, Any]) -> Stream:
    """The stream of an event of the forwarder."""
    log: str = event["metadata"]["log_name"]
    if log.endswith(".metrics") or log.startswith(_REPORTS):
        return "usage"
    return "agent" if event["metadata"].get("log_format") == "OTLP" else "activity"


def _user(event: Mapping[str, Any], actor: Mapping[str, Any]) -> str | None:
    """E-mail address or name of the actor, else of the user acted on."""
    entry = event.get("entity", {})
    listed: Mapping[str, Any] = next(iter(event.get("resources", ())), {})
    after = event.get("user_result", {}) if event["metadata"]["event_code"].startswith("user.") else {}
    users = (
        actor,
        after,
        event.get("user", {}),
        entry.get("user", {}),
        listed if listed.get("type") == "Invite" else {},
    )
    for user in users:
        for name in (user.get("email_addr"), user.get("name")):
            if name and name not in _PLACEHOLDERS:
                return str(name)
    uid: str | None = actor.get("uid") if "usage" in event.get("unmapped", {}) else None
    return uid


def _object(event: Mapping[str, Any], code: str) -> tuple[str | None, str | None]:
    """Uid and type of the object acted on."""
    plan = plans().get(code)
    entry: Mapping[str, Any] = next((event[name] for name in _OBJECTS if name in event), {})
    listed: Mapping[str, Any] = next((event[name][0] for name in _LISTS if event.get(name)), {})
    token, user = event.get("api", {}).get("token", {}), event.get("user", {})
    unmapped, word = event.get("unmapped", {}), code.partition(".")[0]
    uid = entry.get("uid") or listed.get("uid") or token.get("uid")
    own = entry.get("type") or listed.get("type")
    if plan:
        kind = (own if plan.kinds else None) or plan.kind or own
    else:
        kind = (own if "group" in event else None) or _object_types().get(word) or own
    if word == "forwarder":
        uid = event["metadata"]["reporter"]["uid"]
    elif word == "invite":
        uid = uid or (unmapped.get("after") or unmapped.get("before") or {}).get("id")
    elif code == "usage_report.messages":
        uid, kind = unmapped["usage"].get("api_key_id"), "API Key"
    elif event["class_uid"] == _USER_ACCESS:
        uid = user.get("uid")
    elif event["class_uid"] in _ACCOUNT_CLASSES:
        uid = uid or user.get("uid")
    return uid, kind or None
