"""What a source gives, whatever it is, as an event: one look in a table by the value's class."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from forwarder.ocsf.admin import change_event, inventory_event, usage_event
from forwarder.ocsf.feed.normaliser import normalise as activity_event
from forwarder.records import AnyRecord, Event, InventoryChange, InventoryRecord, Receipt, Record, UsageRecord

_MAKERS: Mapping[type, Callable[[Any, Receipt], Event]] = MappingProxyType(
    {Record: activity_event, InventoryRecord: inventory_event, InventoryChange: change_event, UsageRecord: usage_event}
)


def normalise(subject: AnyRecord, receipt: Receipt) -> Event:
    """The event of one subject. Never raises for anything that JSON can hold in it.

    Raises `Reject` where there is no identity: a list or report that no table knows, a change of nothing to nothing.
    """
    return _MAKERS[subject.__class__](subject, receipt)
