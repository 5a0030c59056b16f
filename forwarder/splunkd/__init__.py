"""What is asked of splunkd, Splunk's management port: is all in place, put it there, prove the rules.

An idea a file: what is asked, what is answered, what is found. Nothing of the service's way of events is here; the
official SDK is imported only when a command connects (extra `[splunk]`).
"""

APP = "claude_siem"
"""The app that this product brings for search heads (`splunk_app/`)."""
INDEXER = "claude_siem_indexer"
"""The one for indexers: the indexes, and what must be known when events come in."""
