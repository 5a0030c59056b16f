"""Where events go: one folder a sink. A sink puts its envelope on, sends, confirms or refuses.

It knows neither sources nor the other sinks. `registry.py` lists them.
"""

from forwarder.sinks.base import Acknowledging, Settled, Sink, SinkSettings
from forwarder.sinks.registry import SINKS, build_sink

__all__ = ["SINKS", "Acknowledging", "Settled", "Sink", "SinkSettings", "build_sink"]
