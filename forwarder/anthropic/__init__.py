"""HTTP client of Anthropic's APIs: keys, paging parameters, the shared request budget, errors, server time.

It answers with bytes and parsed pages. It knows no source, mark or event.
"""

from forwarder.anthropic.activities import ActivityFeed, rfc3339
from forwarder.anthropic.client import Answer, Client
from forwarder.anthropic.json_pages import parse_page

__all__ = ["ActivityFeed", "Answer", "Client", "parse_page", "rfc3339"]
