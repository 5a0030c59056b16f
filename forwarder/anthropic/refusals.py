"""Anthropic's error answers as exceptions, by what the caller must do (page: Compliance API, Errors).

Matching is by status and `error.type`; the server's text is only shown.
"""

import re

import httpx
import orjson

from forwarder.errors import AccessRefused, ForwarderError, Retry, WindowChanged
from forwarder.http_client import retry_after

_SCOPES = re.compile(r"Needed: \[(.*?)\]")
_KEY_KINDS = {
    "sk-ant-api03-": "this is a Claude API key (sk-ant-api03-…), which no compliance endpoint accepts",
    "sk-ant-admin01-": "this Admin API key was revoked, or made before the Compliance API was switched on",
    "sk-ant-api01-": "this Compliance Access Key is invalid or was revoked",
}
MAKE_A_FEED_KEY = (
    "make one at claude.ai > Organization settings > API with scope read:compliance_activities "
    "(Console organization: an Admin key in the Claude Console)"
)
MAKE_AN_ADMIN_KEY = "an admin of the organization makes an Admin API key in the Claude Console > Settings > Admin keys"


def refusal(answer: httpx.Response, key_name: str, key: str, mend: str) -> ForwarderError:
    """The exception for an answer that is no 2xx; `mend` says how to make the right key."""
    status, text = answer.status_code, _text(answer)
    place = f"{answer.request.method} {answer.request.url.path}: HTTP {status}"
    if status == 401:
        return AccessRefused(f"{key_name}: {_kind(key)} ({text}); {mend}")
    if status == 403:
        scopes = _SCOPES.search(text)
        missing = f"scope {scopes[1]} is missing" if scopes else "access is denied"
        return AccessRefused(f"{key_name}: {missing} ({text}); {mend}")
    if status == 429:
        return Retry(f"{place}: {text}", after=retry_after(answer.headers) or 1.0)
    if status == 400:
        return WindowChanged(f"{place}: {text}")
    return Retry(f"{place}: {text}", after=retry_after(answer.headers))


def should_retry(answer: httpx.Response) -> bool:
    """Whether the same request may succeed at once: throttling and server faults not marked as lasting."""
    lasting = answer.headers.get("x-should-retry") == "false"
    return answer.status_code == 429 or (answer.status_code >= 500 and not lasting)


def _kind(key: str) -> str:
    return next((text for prefix, text in _KEY_KINDS.items() if key.startswith(prefix)), "the key is not accepted")


def _text(answer: httpx.Response) -> str:
    try:
        error = orjson.loads(answer.content)["error"]
        return f"{error['type']}: {error['message']}"[:500]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"no JSON error body, content type {answer.headers.get('content-type', 'unknown')}"
