"""Anthropic's error responses as exceptions, by what the caller must do (page: Compliance API, Errors).

Matching is by status and `error.type`; the server's text is only displayed.
"""

import re

import httpx
import orjson

from forwarder.errors import AccessRefused, ForwarderError, Retry, WindowChanged
from forwarder.http_client import redirect_text, retry_after
from forwarder.redaction import shorten

MOST_OF_A_TEXT = 500
"""Characters of the server's own words that a message repeats."""

_SCOPES = re.compile(r"Needed: \[(.*?)\]")
_KEY_PROBLEMS = {
    "sk-ant-api03-": "this is a Claude API key (sk-ant-api03-…), which no compliance endpoint accepts",
    "sk-ant-admin01-": "this Admin API key was revoked, or created before the Compliance API was enabled",
    "sk-ant-api01-": "this Compliance Access Key is invalid or was revoked",
}
CREATE_COMPLIANCE_KEY = (
    "create one at claude.ai > Organization settings > API with scope read:compliance_activities "
    "(Console organization: an Admin key in the Claude Console)"
)
CREATE_ADMIN_KEY = "an organization admin creates an Admin API key in the Claude Console > Settings > Admin keys"


def refusal(response: httpx.Response, key_name: str, key: str, fix: str) -> ForwarderError:
    """The exception for a response other than 2xx; `fix`: how to create the right key."""
    status, text = response.status_code, _text(response)
    request = f"{response.request.method} {response.request.url.path}: HTTP {status}"
    if status == 401:
        return AccessRefused(f"{key_name}: {_key_problem(key)} ({text}); {fix}")
    if status == 403:
        scopes = _SCOPES.search(text)
        missing = f"scope {scopes[1]} is missing" if scopes else "access is denied"
        return AccessRefused(f"{key_name}: {missing} ({text}); {fix}")
    if status == 429:
        return Retry(f"{request}: {text}", after=retry_after(response.headers) or 1.0)
    if status == 400:
        return WindowChanged(f"{request}: {text}")
    if redirect := redirect_text(status, response.headers):
        return Retry(f"{request}: {redirect}; check anthropic.base_url and the proxy")
    return Retry(f"{request}: {text}", after=retry_after(response.headers))


def should_retry(response: httpx.Response) -> bool:
    """Whether the same request may succeed if repeated now: throttling and server faults not marked as permanent."""
    permanent = response.headers.get("x-should-retry") == "false"
    return response.status_code == 429 or (response.status_code >= 500 and not permanent)


def _key_problem(key: str) -> str:
    return next((text for prefix, text in _KEY_PROBLEMS.items() if key.startswith(prefix)), "the key is not accepted")


def _text(response: httpx.Response) -> str:
    try:
        error = orjson.loads(response.content)["error"]
        return shorten(f"{error['type']}: {error['message']}", MOST_OF_A_TEXT)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        kind = shorten(response.headers.get("content-type", "unknown"), MOST_OF_A_TEXT)
        return f"no JSON error body, content type {kind}"
