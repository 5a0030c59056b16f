"""HTTP client of Anthropic's APIs: keys, paging parameters, the shared request budget, errors, server time.

It returns bytes and parsed pages. It knows no source, checkpoint or event.
"""

from forwarder.anthropic.client import ApiResponse, Client, Params
from forwarder.anthropic.endpoints import ActivityFeed, AdminApi, rfc3339
from forwarder.anthropic.json_pages import parse_page
from forwarder.anthropic.refusals import CREATE_ADMIN_KEY
from forwarder.anthropic.settings import AnthropicSettings

__all__ = [
    "CREATE_ADMIN_KEY",
    "ActivityFeed",
    "AdminApi",
    "AnthropicSettings",
    "ApiResponse",
    "Client",
    "Params",
    "parse_page",
    "rfc3339",
]
