"""Source records about the log itself: switches of the Compliance API, calls to it, the forwarder's own reports."""

from datetime import datetime, timedelta
from typing import Any

from forwarder.ocsf import normalize
from forwarder.ocsf.health import HealthEventKind, health_event
from forwarder.records import InventoryChange, Receipt, event_uid, namespace
from tests.content.records import ADMIN, INSTANCE, ORGANIZATION, Collected, activity, key_actor, milliseconds, receipt

SECOND = "00000000-0000-4000-8000-000000000002"
"""Another forwarder of the same organization."""


def switched(time: datetime, *, who: dict[str, Any] = ADMIN, **options: Any) -> Collected:
    """The Compliance API or its logging switched on or off: off by default."""
    states = {"compliance_api_enabled": None, "compliance_api_logging_enabled": False}
    return activity("org_compliance_api_settings_updated", who, time, **{**states, **options})


def called(key: str, time: datetime, status: int = 200, *, ip: str = "198.51.100.7", **options: Any) -> Collected:
    """A call to the Compliance API, which belongs to no organization."""
    actor = options.pop("actor", key_actor(key, ip))
    request = {"request_id": f"req_{time:%H%M%S}", "request_method": "GET", "status_code": status}
    request |= {"url": "https://api.anthropic.com/v1/compliance/activities", "organization_uuid": None}
    return activity("compliance_api_accessed", actor, time, **{**request, **options})


def report(
    time: datetime, *, kind: HealthEventKind = "health", instance: str = INSTANCE, **totals: float | None
) -> Collected:
    """A forwarder's health report, collected as it is sent."""
    figures = {
        "version": "1.0.0",
        "red": {},
        "totals": {"lag_seconds": 40.0, "beyond_overlap": 0, "backlog": 0, "dead_letters": 0, **totals},
    }
    return _report_event(kind, figures, time, instance)


def reports(first: datetime, count: int, **options: Any) -> list[Collected]:
    """A report every five minutes."""
    return [report(first + timedelta(minutes=5 * number), **options) for number in range(count)]


def check_report(time: datetime) -> Collected:
    """The report that `claude-siem check` sends to see whether a sink takes one."""
    return _report_event("health", {}, time, "check")


def _report_event(kind: HealthEventKind, figures: dict[str, Any], time: datetime, instance: str) -> Collected:
    logged_ms = milliseconds(time)
    uid = event_uid(namespace("forwarder-health"), f"{instance}#{kind}#{logged_ms}")
    return Collected("forwarder", health_event(kind, figures, logged_ms, uid, Receipt(logged_ms, instance)))


def listed(source: str, time: datetime, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Collected:
    """A difference between two lists of the Admin API."""
    change = InventoryChange(source, milliseconds(time), after, before, 1, ORGANIZATION)
    return Collected(source, normalize(change, receipt(time)))
