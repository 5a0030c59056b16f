"""What all events of the Admin API share: observables and key fields."""

from typing import Any

from forwarder.ocsf.core.envelope import ANTHROPIC, EventLog, fragment, key_fields, labels, metadata, observable
from forwarder.ocsf.core.values import is_email
from forwarder.records import KeyFields, Receipt

_PRODUCT = fragment({"vendor_name": "Anthropic", "name": "Admin API"})
_USER, _RESOURCE, _GROUP, _EMAIL = "User Object: uid", "Resource UID", "Group Object: uid", "Email Address"
_PLACES = (
    ("src_endpoint.ip", "IP Address"),
    ("actor.user.email_addr", _EMAIL),
    ("resources[].uid", _RESOURCE),
    ("resources[].name", _EMAIL),
    ("resources[].owner.uid", _USER),
    ("entity.uid", _RESOURCE),
    ("entity.user.uid", _USER),
    ("entity_result.user.uid", _USER),
    ("group.uid", _GROUP),
    ("user.uid", _USER),
    ("user.groups[].uid", _GROUP),
    ("user.email_addr", _EMAIL),
    ("user_result.email_addr", _EMAIL),
)
"""The paths of ids in these events. An invite is named by an e-mail address, and a key may be."""


def observables(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The ids and e-mail addresses of an event, each value once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path, kind in _PLACES:
        value = _value(event, path.replace("[]", "").split("."))
        if value and (kind != _EMAIL or is_email(value)):
            found.setdefault((kind, value), observable(path, kind, value))
    return list(found.values())


def _value(event: Any, steps: list[str]) -> Any:
    """The value at a path; lists have one item here."""
    for step in steps:
        event = event.get(step) if isinstance(event, dict) else None
        event = event[0] if isinstance(event, list) and event else event
    return event


def admin_key_fields(
    event: dict[str, Any], receipt: Receipt, classified: tuple[int, int], time_ms: int, **others: Any
) -> KeyFields:
    """The key fields of an event of this class and activity; `others` by name, the rest is unknown."""
    part, (class_uid, activity_id) = event["metadata"], classified
    return key_fields(
        time_ms=time_ms,
        logged_ms=receipt.logged_ms,
        uid=part["uid"],
        event_code=part["event_code"],
        class_uid=class_uid,
        activity_id=activity_id,
        organization=part.get("tenant_uid"),
        **others,
    )


def admin_metadata(uid: str, code: str, log_name: str, organization: str | None, receipt: Receipt) -> dict[str, Any]:
    """`metadata` of an event made of the Admin API's lists and reports, which have no ids and times of events."""
    log = EventLog(_PRODUCT, log_name, "Anthropic", "JSON", ANTHROPIC)
    part = metadata(uid, code, log, receipt, organization=organization)
    if labeled := labels((), "full", receipt):
        part["labels"] = labeled
    return part
