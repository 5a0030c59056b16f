"""The values an analyst searches by, as OCSF observables: each names the path where it stands in the event."""

from typing import Any

from forwarder.ocsf.actors import Actor
from forwarder.ocsf.captions import OBSERVABLES

_USER, _RESOURCE = "User Object: uid", "Resource UID"
_KINDS = {"user.uid": _USER, "group.uid": "Group Object: uid"}


def observables(actor: Actor, pointer: str, object_uid: str | None) -> list[dict[str, Any]]:
    """Address, e-mail address and ids of the actor and of what was acted on (at `pointer`)."""
    seen = []
    if actor.ip:
        seen.append(_seen("src_endpoint.ip", "IP Address", actor.ip))
    if actor.uid:
        seen.append(_seen("actor.user.uid", _USER, actor.uid))
    if email := actor.user.get("email_addr"):
        seen.append(_seen("actor.user.email_addr", "Email Address", email))
    if object_uid and pointer:
        seen.append(_seen(pointer, _KINDS.get(pointer, _RESOURCE), object_uid))
    return seen


def _seen(path: str, kind: str, value: str) -> dict[str, Any]:
    return {"name": path, "type": kind, "type_id": OBSERVABLES[kind], "value": value}
