"""From what sources give to OCSF 1.8.0 events: pure functions driven by tables, `themes/*.yaml` and those of `admin`.

Knows neither where records come from nor where events go; reads no clock, file (but its table) or network.
"""

from forwarder.ocsf.admin import usage_uid
from forwarder.ocsf.subjects import normalise

__all__ = ["normalise", "usage_uid"]
