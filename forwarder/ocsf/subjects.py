"""What a source gives, whatever it is, as an event: one look in a table by the value's class."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from forwarder.ocsf.admin import change_event, figure_event, sighting_event
from forwarder.ocsf.normaliser import normalise as activity_event
from forwarder.records import Change, Event, Figure, Receipt, Record, Sighting, Subject

_MAKERS: Mapping[type, Callable[[Any, Receipt], Event]] = MappingProxyType(
    {Record: activity_event, Sighting: sighting_event, Change: change_event, Figure: figure_event}
)


def normalise(subject: Subject, receipt: Receipt) -> Event:
    """The event of one subject. Never raises for anything that JSON can hold in it.

    Raises `Reject` where there is no identity: a list or report that no table knows, a change of nothing to nothing.
    """
    return _MAKERS[subject.__class__](subject, receipt)
