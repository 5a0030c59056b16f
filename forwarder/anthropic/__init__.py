"""HTTP client of Anthropic's APIs: keys, paging parameters, the shared request budget, errors, server time.

It answers with bytes and parsed pages. It knows no source, mark or event.
"""

from forwarder.anthropic.activities import ActivityFeed, rfc3339
from forwarder.anthropic.admin import AdminApi
from forwarder.anthropic.client import Answer, Client
from forwarder.anthropic.json_pages import parse_page
from forwarder.anthropic.refusals import MAKE_AN_ADMIN_KEY
from forwarder.anthropic.settings import AnthropicSettings

__all__ = [
    "MAKE_AN_ADMIN_KEY",
    "ActivityFeed",
    "AdminApi",
    "Answer",
    "AnthropicSettings",
    "Client",
    "parse_page",
    "rfc3339",
]
