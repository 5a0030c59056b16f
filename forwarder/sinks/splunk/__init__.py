"""Splunk by its HTTP Event Collector. `answers.py` holds the table of its answers and what each means."""

from forwarder.sinks.splunk.settings import ManagementSettings, SplunkSettings
from forwarder.sinks.splunk.sink import SplunkSink

__all__ = ["ManagementSettings", "SplunkSettings", "SplunkSink"]
