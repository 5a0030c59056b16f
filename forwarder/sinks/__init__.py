"""Where events go: one file or folder a sink. A sink puts its envelope on, sends, confirms or refuses.

It knows neither sources nor the other sinks.
"""

from forwarder.sinks.base import Acknowledging, Settled, Sink
from forwarder.sinks.build import build_sink

__all__ = ["Acknowledging", "Settled", "Sink", "build_sink"]
