"""HTTP client of Anthropic's APIs: keys, paging parameters, the shared request budget, errors, server time.

It returns bytes and parsed pages. It knows no source, checkpoint or event.
"""

from forwarder.anthropic.activity_feed import ActivityFeed, Unreadable, read_time, rfc3339, walk
from forwarder.anthropic.admin_api import AdminApi
from forwarder.anthropic.client import ApiResponse, Client, Params
from forwarder.anthropic.clock import ClockReading, ServerClock, local_us
from forwarder.anthropic.json_pages import parse_page
from forwarder.anthropic.paging import Continuation, Paging
from forwarder.anthropic.refusals import CREATE_ADMIN_KEY
from forwarder.anthropic.settings import AnthropicSettings

__all__ = [
    "CREATE_ADMIN_KEY",
    "ActivityFeed",
    "AdminApi",
    "AnthropicSettings",
    "ApiResponse",
    "Client",
    "ClockReading",
    "Continuation",
    "Paging",
    "Params",
    "ServerClock",
    "Unreadable",
    "local_us",
    "parse_page",
    "read_time",
    "rfc3339",
    "walk",
]
