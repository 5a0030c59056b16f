"""CORS: which web pages may send requests, by their origin.

A browser asks first (preflight), without credentials, and names its page's `Origin` in every request; programs that are
no browsers name none. No wildcard and no credentials mode: a page must be named, and sends its token itself.

Source: the Fetch standard, section 3.2 (HTTP CORS protocol); Private Network Access, section 3.
"""

import re
from collections.abc import Collection, Mapping

from forwarder.http_server.messages import Headers, HttpError, HttpRequest, HttpResponse, Route

_VARY = ("vary", "Origin")
_MAX_AGE = "600"
"""Seconds for which a browser may remember a preflight."""
_ORIGIN = re.compile(r"https?://[a-z0-9.:-]{1,100}")
_HEADER_LIST = re.compile(r"[a-z0-9-]{1,64}( ?, ?[a-z0-9-]{1,64}){0,31}", re.IGNORECASE)


class Origins:
    """The origins that are allowed, such as `https://addin.example`. `setting` names the configuration key."""

    def __init__(self, setting: str, allowed: Collection[str]) -> None:
        self._setting = setting
        self.allowed = frozenset(allowed)

    def check(self, request: HttpRequest) -> None:
        """Raises `HttpError` (403) for a request of a page that is not allowed."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self.allowed:
            page = origin if _ORIGIN.fullmatch(origin) else "this origin"
            raise HttpError(403, f"pages of {page} may not send; to allow them, add it to {self._setting}")

    def headers(self, request: HttpRequest | None) -> Headers:
        """What every response has in addition."""
        origin = request.headers.get("origin") if request else None
        if origin not in self.allowed or origin is None:
            return (_VARY,)
        return (_VARY, ("access-control-allow-origin", origin), ("access-control-expose-headers", "Retry-After"))

    def preflight(self, request: HttpRequest, routes: Mapping[str, Route]) -> HttpResponse | None:
        """The response to a preflight of an allowed page for one of the routes; `None` for another request."""
        if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        route = routes.get(request.path)
        if "origin" not in request.headers or route is None:
            return None
        headers = [("access-control-allow-methods", ", ".join(route.methods)), ("access-control-max-age", _MAX_AGE)]
        wanted = request.headers.get("access-control-request-headers", "")
        if _HEADER_LIST.fullmatch(wanted):  # any: what is not understood is ignored
            headers.append(("access-control-allow-headers", wanted))
        if request.headers.get("access-control-request-private-network") == "true":
            headers.append(("access-control-allow-private-network", "true"))
        return HttpResponse(204, "text/plain", b"", tuple(headers))
