"""Splunk's management port (splunkd) beside a Splunk sink: check the setup, install, verify the rules.

Used by `claude-siem splunk` only, never by the service. The official SDK is imported when a command connects (extra
`[splunk]`).
"""

APP = "claude_siem"
"""The app for search heads (`splunk_app/`)."""
INDEXER = "claude_siem_indexer"
"""The app for indexers: the indexes and the index-time settings."""
APP_NAMESPACE = {"owner": "nobody", "app": APP}
"""As an ordinary user of the app sees it, in the form of the SDK."""
