"""Telemetry of agents (Claude Code, Cowork, Office agents, Claude API spans) as OCSF 1.8.0 events.

Pure functions driven by tables: `events.yaml`, `spans.yaml`, `metrics.yaml`, `attributes.yaml`. Imports `core` and
`privacy`; knows neither OpenTelemetry's wire formats nor the sender of a record.
"""

from forwarder.ocsf.agent.normalizer import AgentEvents, events_of
from forwarder.ocsf.agent.telemetry import LogRecord, Origin, Point, Span, Telemetry

__all__ = ["AgentEvents", "LogRecord", "Origin", "Point", "Span", "Telemetry", "events_of"]
