"""Microsoft Sentinel by Azure Monitor's Logs Ingestion API. `tables/` holds the columns of each table."""

from forwarder.sinks.sentinel.columns import TABLES, columns
from forwarder.sinks.sentinel.rows import row
from forwarder.sinks.sentinel.settings import ApplicationSettings, SentinelSettings, WorkspaceSettings
from forwarder.sinks.sentinel.sink import SentinelSink

__all__ = ["TABLES", "ApplicationSettings", "SentinelSettings", "SentinelSink", "WorkspaceSettings", "columns", "row"]
