"""How the forwarder reports itself: conditions (readiness), metrics, the status page and the log.

Other packages report to this one; it reads no other package and makes no decisions.
"""

from forwarder.status.log import LogFormat, LogLevel, start_log
from forwarder.status.reporting import Conditions, Metrics
from forwarder.status.server import StatusServer
from forwarder.status.streams import survive_closed_streams

__all__ = [
    "Conditions",
    "LogFormat",
    "LogLevel",
    "Metrics",
    "StatusServer",
    "start_log",
    "survive_closed_streams",
]
