"""The values an analyst searches by, as OCSF observables: each names the path where it stands in the event."""

from typing import Any

from forwarder.ocsf.core.captions import observable
from forwarder.ocsf.feed.actors import Actor
from forwarder.ocsf.feed.plan import Built

_USER, _RESOURCE = "User Object: uid", "Resource UID"
_KINDS = {"user.uid": _USER, "group.uid": "Group Object: uid"}


def observables(actor: Actor, pointer: str, built: Built) -> list[Any]:
    """Address, e-mail address and ids of the actor, of what was acted on (at `pointer`), and of whom."""
    seen: list[Any] = [*actor.observables]
    if built.object_uid and pointer:
        seen.append(observable(pointer, _KINDS.get(pointer, _RESOURCE), built.object_uid))
    if built.user:
        seen += _acted_on(built.user, built.user_at, pointer)
    return seen


def _acted_on(user: dict[str, Any], at: str, pointer: str) -> list[dict[str, Any]]:
    """The user's id, unless `pointer` says it already, and e-mail address."""
    seen = []
    if (uid := user.get("uid")) and pointer != f"{at}.uid":
        seen.append(observable(f"{at}.uid", _USER, uid))
    if email := user.get("email_addr"):
        seen.append(observable(f"{at}.email_addr", "Email Address", email))
    return seen
