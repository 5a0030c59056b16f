"""Settings → sink."""

from forwarder.config import AnySink, ArchiveSettings, SentinelSettings, SplunkSettings
from forwarder.sinks.archive import ArchiveSink
from forwarder.sinks.base import Sink
from forwarder.sinks.sentinel import SentinelSink
from forwarder.sinks.splunk_hec import SplunkSink


def build_sink(name: str, settings: AnySink) -> Sink:
    """The sink that `settings` describe. Raises `Misconfigured`."""
    match settings:
        case SplunkSettings():
            return SplunkSink(name, settings)
        case SentinelSettings():
            return SentinelSink(name, settings)
        case ArchiveSettings():
            return ArchiveSink(name, settings)
