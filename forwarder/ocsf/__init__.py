"""Records of the sources as OCSF 1.8.0 events: pure functions driven by tables.

Public: `normalize` for everything that is read from Anthropic's API, `usage_uid` for the identity of a usage record
before it is an event; `agent.events_of` for telemetry that is pushed, `health.health_event` for the forwarder's own
events, `key_fields` for events read back from an archive.

    core    what all events share; knows no source
    feed    activities of the Activity Feed (`themes/*.yaml`)
    admin   lists, their changes, and reports of the Admin API
    agent   telemetry of agents (`events.yaml`, `spans.yaml`, `metrics.yaml`)

`feed`, `admin` and `agent` import `core` and never each other. Nothing here knows where records come from or events go,
or reads a clock, the network or a file other than its tables.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from forwarder.ocsf.admin import change_event, inventory_event, usage_event, usage_uid
from forwarder.ocsf.feed.normalizer import activity_event
from forwarder.records import AnyRecord, Event, InventoryChange, InventoryRecord, Receipt, Record, UsageRecord

__all__ = ["normalize", "usage_uid"]

_NORMALISERS: Mapping[type, Callable[[Any, Receipt], Event]] = MappingProxyType(
    {Record: activity_event, InventoryRecord: inventory_event, InventoryChange: change_event, UsageRecord: usage_event}
)


def normalize(record: AnyRecord, receipt: Receipt) -> Event:
    """The event of one record. The same record and receipt give the same bytes, whatever JSON the record holds.

    Raises `Reject` for a record without identity: an unknown list or report, a change without an object.
    """
    return _NORMALISERS[record.__class__](record, receipt)
