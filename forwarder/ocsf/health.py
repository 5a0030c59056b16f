"""The forwarder's own events: started, stopped, and a health report every five minutes.

All three are OCSF Application Lifecycle (6002); the health report is its activity 99, because OCSF has no class for
statistics. They come from no source record, so they have no `original_event_uid` and no `original_time`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from forwarder import __version__
from forwarder.ocsf.core.captions import OTHER
from forwarder.ocsf.core.envelope import (
    PRODUCT_NAME,
    EventLog,
    classification,
    fragment,
    join,
    key_fields,
    labels,
    metadata,
    outcome,
)
from forwarder.ocsf.core.values import clean_object
from forwarder.records import Event, Receipt

HealthEventKind = Literal["started", "health", "stopped"]
CLASS_UID = 6002
PRODUCT = {"vendor_name": PRODUCT_NAME, "name": PRODUCT_NAME, "version": __version__}
_ACTIVITY = {"started": 3, "stopped": 4, "health": OTHER}


def health_event(
    kind: HealthEventKind, statistics: Mapping[str, Any], time_ms: int, uid: str, receipt: Receipt
) -> Event:
    """The event of one start, stop or health report at `time_ms`, with `statistics` in `unmapped.forwarder`."""
    code = f"forwarder.{kind}"
    reporter = fragment({"name": PRODUCT_NAME, "uid": receipt.instance})
    log = EventLog(fragment(PRODUCT), "forwarder.health", PRODUCT_NAME, "JSON", reporter)
    part = metadata(uid, code, log, receipt)
    if labeled := labels((), "full", receipt):
        part["labels"] = labeled
    event = {"metadata": part, "app": PRODUCT, "unmapped": {"forwarder": clean_object(dict(statistics))}}
    activity_id = _ACTIVITY[kind]
    opening = classification(CLASS_UID, activity_id, "Health Report" if activity_id == OTHER else "")
    indexed = key_fields(
        time_ms=time_ms,
        logged_ms=receipt.logged_ms,
        uid=uid,
        event_code=code,
        class_uid=CLASS_UID,
        activity_id=activity_id,
        object_uid=receipt.instance,
        object_type="Forwarder",
    )
    return Event("activity", indexed, join(opening, time_ms, outcome(1, 1), event))
