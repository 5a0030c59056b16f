"""From the telemetry of agents (Claude Code, Cowork, Office, Claude API spans) to OCSF 1.8.0 events.

Pure functions driven by tables: `events.yaml`, `spans.yaml`, `metrics.yaml`. Knows neither OpenTelemetry's wire formats
nor who sent a record.
"""

from forwarder.ocsf.agent.mapping import Decoded, events_of
from forwarder.ocsf.agent.telemetry import LogRecord, Origin, Point, Span, Telemetry

__all__ = ["Decoded", "LogRecord", "Origin", "Point", "Span", "Telemetry", "events_of"]
