"""The parts that every event has: classification, status, metadata, and how they become bytes.

What is constant for a class, activity and status is encoded once; the rest is one dict for orjson.
"""

from functools import lru_cache
from typing import Any

import orjson

from forwarder import __version__
from forwarder.ocsf.core.captions import CLASSES, OTHER, SEVERITIES, STATUSES, VERSION
from forwarder.records import Receipt

REPORTER = orjson.Fragment(orjson.dumps({"name": "Anthropic", "hostname": "api.anthropic.com"}))
PRODUCT_NAME = "claude-siem"


@lru_cache(maxsize=8192)
def classification(class_uid: int, activity_id: int, activity: str = "") -> bytes:
    """The opening of an event up to and with `"time":`. `activity` names activity 99 (Other)."""
    known = CLASSES[class_uid]
    name = activity if activity_id == OTHER and activity else known.activities[activity_id]
    opening = {
        "class_uid": class_uid,
        "class_name": known.caption,
        "category_uid": known.category_uid,
        "category_name": known.category,
        "activity_id": activity_id,
        "activity_name": name,
        "type_uid": class_uid * 100 + activity_id,
        "type_name": f"{known.caption}: {name}",
    }
    return orjson.dumps(opening)[:-1] + b',"time":'


@lru_cache(maxsize=8192)
def outcome(severity_id: int, status_id: int, status: str = "") -> bytes:
    """Severity and status, as they follow the time. `status` is the source's word for status 99 (Other)."""
    parts = {
        "severity_id": severity_id,
        "severity": SEVERITIES[severity_id],
        "status_id": status_id,
        "status": status or STATUSES[status_id],
    }
    return b"," + orjson.dumps(parts)[1:-1] + b","


@lru_cache(maxsize=64)
def loggers(logged_ms: int, instance: str) -> orjson.Fragment:
    """Who collected the event and when, encoded once a page."""
    entry = {"name": PRODUCT_NAME, "uid": instance, "version": __version__, "logged_time": logged_ms}
    return orjson.Fragment(orjson.dumps([entry]))


def metadata(uid: str, original: str | None, code: str, product: Any, log_name: str) -> dict[str, Any]:
    """The first half of `metadata`: what the event is and what wrote it."""
    head: dict[str, Any] = {"version": VERSION, "uid": uid}
    if original:
        head["original_event_uid"] = original
    head["event_code"] = code
    head["product"] = product
    head["log_name"] = log_name
    return head


def join(opening: bytes, time_ms: int, result: bytes, attributes: dict[str, Any]) -> bytes:
    """One event as compact JSON: the constant parts and the rest put together."""
    return b"%s%d%s%s" % (opening, time_ms, result, orjson.dumps(attributes)[1:])


def collected(part: dict[str, Any], receipt: Receipt) -> None:
    """The chain of custody: by whom Anthropic's record was collected and when."""
    part["reporter"] = REPORTER
    part["loggers"] = loggers(receipt.logged_ms, receipt.instance)


def admin_metadata(uid: str, code: str, log_name: str, organization: str | None, receipt: Receipt) -> dict[str, Any]:
    """`metadata` of an event made of the Admin API's lists and reports, which have no ids and times of events."""
    part = metadata(uid, None, code, {"vendor_name": "Anthropic", "name": "Admin API"}, log_name)
    part |= {"log_provider": "Anthropic", "log_format": "JSON", "logged_time": receipt.logged_ms}
    if organization:
        part["tenant_uid"] = organization
    collected(part, receipt)
    if receipt.labels:
        part["labels"] = receipt.labels
    return part
