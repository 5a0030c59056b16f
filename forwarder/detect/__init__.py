"""The bundled rules, run here: their KQL over Sentinel-shaped rows, in an engine of its own (extra `[detect]`).

For the demo and for backtests before a rule is switched on. Knows neither sources nor other sinks.
"""

from forwarder.detect.engine import Engine
from forwarder.detect.rules import Rule, bundled_rules, run_detections

__all__ = ["Engine", "Rule", "bundled_rules", "run_detections"]
