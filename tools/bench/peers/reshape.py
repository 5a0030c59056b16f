"""An activity as an OCSF-like event of one class: what a simple script does, at the same size as the forwarder's.

`metadata.uid` is the same as the forwarder's, so that the receiver can check it.
"""

import uuid
from datetime import datetime
from typing import Any

_VERBS = {"created": (1, "Create"), "viewed": (2, "Read"), "updated": (3, "Update"), "deleted": (4, "Delete")}
_MAPPED = ("id", "type", "created_at", "organization_uuid", "actor")
_ACTOR_FIELDS = ("user_id", "email_address", "ip_address", "user_agent")
_PRODUCT = {"vendor_name": "Anthropic", "name": "Compliance API"}
_REPORTER = {"name": "Anthropic", "hostname": "api.anthropic.com"}


class Reshaper:
    """Makes events from activities. `namespace`: UUID namespace of the ids; `instance`: the collector."""

    def __init__(self, namespace: str, instance: str, logged_ms: int) -> None:
        self._namespace = uuid.UUID(namespace)
        self._loggers = [{"name": "claude-siem", "uid": instance, "version": "0.1.0", "logged_time": logged_ms}]
        self._logged_ms = logged_ms

    def event(self, activity: dict[str, Any]) -> dict[str, Any]:
        """The event."""
        code, actor = activity["type"], activity.get("actor") or {}
        verb_id, verb = _VERBS.get(code.rpartition("_")[2], (99, "Other"))
        uid, email, ip, agent = (actor.get(name) for name in _ACTOR_FIELDS)
        resource = next((v for k, v in activity.items() if k.endswith("_id") and k != "organization_id" and v), None)
        rest = {name: value for name, value in activity.items() if name not in _MAPPED and value is not None}
        rest["actor"] = {name: value for name, value in actor.items() if name not in _ACTOR_FIELDS}
        return {
            "class_uid": 6001,
            "class_name": "Web Resources Activity",
            "category_uid": 6,
            "category_name": "Application Activity",
            "activity_id": verb_id,
            "activity_name": verb,
            "type_uid": 600100 + verb_id,
            "type_name": f"Web Resources Activity: {verb}",
            "time": int(datetime.fromisoformat(activity["created_at"]).timestamp() * 1000),
            "severity_id": 1,
            "severity": "Informational",
            "status_id": 1,
            "status": "Success",
            "metadata": self._metadata(activity, code),
            "actor": {"user": {"uid": uid, "name": email, "email_addr": email, "type": "User", "type_id": 1}},
            "src_endpoint": {"ip": ip},
            "http_request": {"user_agent": agent},
            "web_resources": [{"uid": resource, "type": "Resource"}],
            "observables": [
                {"name": "src_endpoint.ip", "type": "IP Address", "type_id": 2, "value": ip},
                {"name": "actor.user.uid", "type": "User Object: uid", "type_id": 31, "value": uid},
                {"name": "actor.user.email_addr", "type": "Email Address", "type_id": 5, "value": email},
                {"name": "web_resources[].uid", "type": "Resource UID", "type_id": 10, "value": resource},
            ],
            "unmapped": rest,
        }

    def _metadata(self, activity: dict[str, Any], code: str) -> dict[str, Any]:
        return {
            "version": "1.8.0",
            "uid": str(uuid.uuid5(self._namespace, activity["id"])),
            "original_event_uid": activity["id"],
            "event_code": code,
            "product": _PRODUCT,
            "log_name": "compliance.activities",
            "log_provider": "Anthropic",
            "log_format": "JSON",
            "original_time": activity["created_at"],
            "logged_time": self._logged_ms,
            "tenant_uid": activity.get("organization_uuid"),
            "reporter": _REPORTER,
            "loggers": self._loggers,
            "profiles": ["host"],
        }


def key_fields(event: dict[str, Any]) -> dict[str, Any]:
    """The values that are indexed."""
    user, meta = event["actor"]["user"], event["metadata"]
    return {
        "event_code": meta["event_code"],
        "user": user["name"],
        "actor_uid": user["uid"],
        "organization": meta["tenant_uid"],
        "src_ip": event["src_endpoint"]["ip"],
        "object_uid": event["web_resources"][0]["uid"],
        "uid": meta["uid"],
    }
