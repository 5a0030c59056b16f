"""Microsoft Sentinel by Azure Monitor's Logs Ingestion API. `tables/` holds the columns of each table."""

from forwarder.sinks.sentinel.rows import row
from forwarder.sinks.sentinel.sink import SentinelSink
from forwarder.sinks.sentinel.tables import columns

__all__ = ["SentinelSink", "columns", "row"]
