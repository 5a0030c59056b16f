"""From records to OCSF 1.8.0 events: pure functions driven by a table, `themes/*.yaml`.

Knows neither where records come from nor where events go; reads no clock, file (but its table) or network.
"""

from forwarder.ocsf.normaliser import normalise

__all__ = ["normalise"]
