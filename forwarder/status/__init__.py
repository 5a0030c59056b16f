"""What the forwarder says of itself: conditions (red or not), metrics, the status page, its log.

It is told; it asks nobody and decides nothing.
"""

from forwarder.status.conditions import Conditions
from forwarder.status.log import start_log
from forwarder.status.metrics import Metrics
from forwarder.status.server import StatusServer

__all__ = ["Conditions", "Metrics", "StatusServer", "start_log"]
