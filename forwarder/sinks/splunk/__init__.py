"""Splunk by its HTTP Event Collector. `answers.py` holds what its answers mean, `channels.py` its acknowledgements."""

from forwarder.sinks.splunk.settings import ManagementSettings, SplunkSettings
from forwarder.sinks.splunk.sink import SplunkSink

__all__ = ["ManagementSettings", "SplunkSettings", "SplunkSink"]
