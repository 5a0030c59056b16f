"""The bundled rules, run here: their KQL over Sentinel-shaped rows, in an engine of its own (extra `[detect]`).

For the demo and for backtests before a rule is switched on. Knows neither sources nor other sinks.
"""

from forwarder.detect.backtest import Alert, History
from forwarder.detect.engine import Engine
from forwarder.detect.history import events as history_events
from forwarder.detect.rules import Rule, bundled_rules, library, run_detections

__all__ = [
    "Alert",
    "Engine",
    "History",
    "Rule",
    "bundled_rules",
    "history_events",
    "library",
    "run_detections",
]
