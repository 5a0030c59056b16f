"""Where events go: one folder a sink, listed in `registry.py`. A sink encodes, sends, and settles each event.

It knows neither sources nor the other sinks.
"""

from forwarder.sinks.base import Acknowledging, ChainedSink, Settled, Sink, SinkSettings
from forwarder.sinks.registry import SINKS, build_sink, starter_section

__all__ = ["SINKS", "Acknowledging", "ChainedSink", "Settled", "Sink", "SinkSettings", "build_sink", "starter_section"]
