"""Every kind of sink: what it is called, its settings, how it is built. A new kind is a folder here and a line below.

Configuration and its messages, the starter file, `docs/configuration.md`, the stage of the demo and the tests, and the
conformance suite follow from the entries. `forwarder/simulator/stand_ins/KIND.py` holds the local destination.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.sinks.archive import ArchiveSettings, ArchiveSink
from forwarder.sinks.base import Sink, SinkSettings
from forwarder.sinks.sentinel import SentinelSettings, SentinelSink
from forwarder.sinks.splunk import SplunkSettings, SplunkSink


class SinkKind(NamedTuple):
    """One kind of sink, as `sinks.NAME.type` names it."""

    title: str
    """The product's name."""
    settings: type[SinkSettings]
    """Documented by its docstring and fields; fields with `examples` make the starter file."""
    build: Callable[[str, Any], Sink]
    """The sink of a name and settings of this kind. Raises `Misconfigured`."""


SINKS: Mapping[str, SinkKind] = MappingProxyType(
    {
        "splunk": SinkKind("Splunk", SplunkSettings, SplunkSink),
        "sentinel": SinkKind("Sentinel", SentinelSettings, SentinelSink),
        "archive": SinkKind("archive", ArchiveSettings, ArchiveSink),
    }
)


def build_sink(name: str, settings: SinkSettings) -> Sink:
    """The sink that `settings` describe. Raises `Misconfigured`."""
    return SINKS[settings.type].build(name, settings)


def starter_section() -> str:
    """The `sinks` section of a starter file: every kind, of which the first is enabled."""
    return "\n".join(["sinks:", *(line for kind in SINKS for line in _starter_lines(kind))]) + "\n"


def _starter_lines(kind: str) -> Iterator[str]:
    yield f"  {kind}:"
    yield f"    enabled: {str(kind == next(iter(SINKS))).lower()}"
    for name, field in SINKS[kind].settings.model_fields.items():
        if field.examples:
            yield f"    {name}: {field.examples[0]}   # {field.description}"
