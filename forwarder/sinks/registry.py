"""Every kind of sink: what it is called, its settings, how it is built. A new kind is a folder here and a line below.

Configuration, messages, `check`, documentation and the conformance suite follow from the entries.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.sinks.archive import ArchiveSettings, ArchiveSink
from forwarder.sinks.base import Sink, SinkSettings
from forwarder.sinks.sentinel import SentinelSettings, SentinelSink
from forwarder.sinks.splunk import SplunkSettings, SplunkSink


class Kind(NamedTuple):
    """One kind of sink, as `sinks.NAME.type` names it."""

    title: str
    """What people call the product."""
    settings: type[SinkSettings]
    build: Callable[[str, Any], Sink]
    """The sink of a name and settings of this kind. Raises `Misconfigured`."""


SINKS: Mapping[str, Kind] = MappingProxyType(
    {
        "splunk": Kind("Splunk", SplunkSettings, SplunkSink),
        "sentinel": Kind("Sentinel", SentinelSettings, SentinelSink),
        "archive": Kind("archive", ArchiveSettings, ArchiveSink),
    }
)


def build_sink(name: str, settings: SinkSettings) -> Sink:
    """The sink that `settings` describe. Raises `Misconfigured`."""
    return SINKS[settings.type].build(name, settings)
