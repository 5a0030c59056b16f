"""Shared by all HTTP clients: how one is made, what a redirect is called, backoff and `Retry-After`.

Invariants of every client:
- A redirect is never followed: what is sent, credentials too, goes to the configured address and to no other.
- A cookie is kept by nobody who does not ask for it.
- After 429 or 5xx the connection is not used again: behind a balancer, the next one may reach another node.
"""

import math
import random
import ssl
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from forwarder.proxies import proxy_for
from forwarder.tls import trust

MAX_RETRY_AFTER = 3600.0
MAX_BACKOFF = 4.0
"""Seconds; so that delivery resumes within 5 s after the end of an outage."""
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
_LONGEST_HOST = 253


def new_client(
    url: str,
    context: ssl.SSLContext,
    limits: httpx.Limits | None = None,
    transport: httpx.BaseTransport | None = None,
    most_bytes: int | None = None,
    **options: Any,
) -> httpx.Client:
    """A client for the one address `url`, with the TLS of `context`. Raises `Misconfigured` for a wrong proxy.

    `most_bytes`: of the body of an answer, which is then taken as it comes, without undoing an encoding.
    """
    options = {"cookies": CookieJar(NO_COOKIES), "trust_env": False, "follow_redirects": False, **options}
    return httpx.Client(transport=transport or _transport(url, context, limits, most_bytes), **options)


def redirect_text(status: int | None, headers: Mapping[str, str]) -> str | None:
    """What a redirect points at, host only, and the fix; `None` for another answer."""
    if status is None or not 300 <= status < 400:
        return None
    return f"HTTP {status} is a redirect to {_host(headers.get('location', ''))}, which is not followed"


def backoff(first: float, failures: int) -> float:
    """Seconds to wait after `failures` failures in a row: doubling from `first`, capped, with jitter."""
    return min(MAX_BACKOFF, first * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """`retry-after-ms` or `retry-after` in seconds, at most one hour. Dates and invalid values count as absent."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return min(max(0.0, seconds), MAX_RETRY_AFTER)
    return None


def _transport(
    url: str, context: ssl.SSLContext, limits: httpx.Limits | None, most_bytes: int | None
) -> httpx.BaseTransport:
    proxy = proxy_for(url)
    return _Transport(
        most_bytes,
        verify=context,
        trust_env=False,
        limits=limits or httpx.Limits(max_connections=10),
        proxy=proxy and httpx.Proxy(proxy.url, ssl_context=trust(None) if proxy.url.startswith("https:") else None),
    )


class _Transport(httpx.HTTPTransport):
    """Gives the connection of a 429 or 5xx up, before it is free for another request, and bounds an answer."""

    def __init__(self, most_bytes: int | None, **options: Any) -> None:
        super().__init__(**options)
        self._most_bytes = most_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport.handle_request`."""
        response = super().handle_request(request)
        if self._most_bytes is not None:
            response.headers.pop("content-encoding", None)
        if isinstance(response.stream, httpx.SyncByteStream):
            is_last = response.status_code == 429 or response.status_code >= 500
            connection = response.extensions["network_stream"] if is_last else None
            response.stream = _Body(response.stream, connection, self._most_bytes)
        return response


class _Body(httpx.SyncByteStream):
    """The body of a response. `connection`: what is closed with it, because it is the last one there."""

    def __init__(self, stream: httpx.SyncByteStream, connection: Any, most_bytes: int | None) -> None:
        self._stream = stream
        self._connection = connection
        self._most_bytes = math.inf if most_bytes is None else most_bytes

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._stream:
            size += len(piece)
            if size > self._most_bytes:
                raise httpx.ReadError(f"the answer has more than {self._most_bytes} bytes")
            yield piece

    def close(self) -> None:
        """See `httpx.SyncByteStream.close`."""
        if self._connection is not None:
            self._connection.close()
        self._stream.close()


def _host(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    if not host or len(host) > _LONGEST_HOST or not all("!" <= character <= "~" for character in host):
        return "an address without a readable host"
    return host
