"""The bundled rules, run locally: their KQL over Sentinel-shaped rows, in DuckDB (extra `[detect]`).

For the demo, and for backtests before a rule is enabled. Knows no source and no other sink.
"""

from forwarder.detect.backtest import Alert, Backtest
from forwarder.detect.engine import Engine
from forwarder.detect.history import events as history_events
from forwarder.detect.rules import KqlRule, bundled_rules, library, run_detections

__all__ = [
    "Alert",
    "Backtest",
    "Engine",
    "KqlRule",
    "bundled_rules",
    "history_events",
    "library",
    "run_detections",
]
