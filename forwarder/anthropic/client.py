"""The HTTP client of one key: paces requests, retries transient failures, raises on everything else.

Facts (Compliance API, Errors and rate limits): 600 requests a minute per parent organization over all keys; every
authenticated response carries `anthropic-ratelimit-requests-remaining` and `-reset`; a 429 carries `retry-after`.

Redirects are never followed. A cache is asked to stay out of the way, and the time of what it answers is not taken.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import httpx

from forwarder import __version__
from forwarder.anthropic.clock import ServerClock, read_date
from forwarder.anthropic.refusals import CREATE_COMPLIANCE_KEY, refusal, should_retry
from forwarder.anthropic.settings import AnthropicSettings
from forwarder.config import Secret
from forwarder.connection_errors import explain
from forwarder.errors import Retry, Stopping
from forwarder.http_client import backoff, new_client, retry_after
from forwarder.tls import trust

API_VERSION = "2023-06-01"
ATTEMPTS = 5
RESPONSE_SECONDS = 120.0
"""Until a response is complete: one that comes byte by byte never runs into the timeout of a single read."""
RESPONSE_BYTES = 256 * 1024 * 1024
"""Of a response after decompression; 1,000 activities are one or two million."""
RESERVE = 5
"""Requests left to other users of the same budget before the client waits for its reset."""

_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")

Params = Sequence[tuple[str, str]]
Parsed = TypeVar("Parsed")


class ApiResponse(NamedTuple):
    """A 200: its body, and its `Date` header; `None` where a cache answered."""

    body: bytes
    date: str | None


class RequestBudget:
    """How long to wait before the next request: one budget per parent organization. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def pause(self) -> float:
        """Seconds until the next request may be sent; 0 when it may be sent now."""
        with self._lock:
            return max(0.0, self._closed_until - self._now())

    def observe(self, headers: Mapping[str, str], now_us: int) -> None:
        """Take a response's rate limit headers: a nearly empty budget is closed until its reset, a minute at most.

        The reset counts from the `Date` of the same response, without one from `now_us`.
        """
        remaining, reset = (headers.get(f"anthropic-ratelimit-requests-{k}") for k in ("remaining", "reset"))
        if remaining is None or reset is None or not remaining.isdigit() or int(remaining) > RESERVE:
            return
        try:
            wait = datetime.fromisoformat(reset).timestamp() - (read_date(headers.get("date")) or now_us) / 1e6
        except (ValueError, OverflowError):
            return
        self.close(min(wait, 60.0))

    def close(self, seconds: float) -> None:
        """Hold back all requests for `seconds`."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._now() + seconds)


class Client:
    """GET requests with one key. `wait(seconds)` sleeps and returns True when the process is stopping.

    `fix`: how to create the right key, for the message when this one is refused. `betas`: beta features to request.
    `clock`: replaces the local clock in tests.
    """

    def __init__(
        self,
        settings: AnthropicSettings,
        key: Secret,
        wait: Callable[[float], bool],
        transport: httpx.BaseTransport | None = None,
        fix: str = CREATE_COMPLIANCE_KEY,
        betas: Sequence[str] = (),
        clock: ServerClock | None = None,
    ) -> None:
        self.key = key
        self.clock = clock or ServerClock()
        self.budget = RequestBudget()
        self.problem = ""
        """How the last request failed, also while it is tried again; empty when it was answered."""
        self._wait = wait
        self._fix = fix
        self._base_url = settings.base_url
        self._address_setting = f"{key.name.rpartition('.')[0] or 'anthropic'}.base_url"
        self._http = new_client(
            settings.base_url,
            trust(settings.ca_file),
            transport=transport,
            base_url=settings.base_url,
            headers=_headers(betas),
            timeout=httpx.Timeout(60.0, connect=10.0),
        )

    def read(self, path: str, params: Params, parse: Callable[[bytes], Parsed]) -> Parsed:
        """What `parse` makes of the response; only then is it good enough to take the time from.

        Raises as `get` and `parse` do.
        """
        response = self.get(path, params)
        parsed = parse(response.body)
        self.clock.observe(response.date)
        return parsed

    def get(self, path: str, params: Params) -> ApiResponse:
        """The response, after waiting for the budget and up to `ATTEMPTS` attempts.

        Raises `AccessRefused` (401, 403), `WindowChanged` (400), `Retry` (all else).
        """
        attempt = 0
        while True:
            attempt += 1
            self._pause(self.budget.pause())
            try:
                response, body = self._once(path, params)
            except httpx.HTTPError as error:
                self.problem = f"GET {path}: {explain(error, self._base_url, self._address_setting)}"
                if attempt == ATTEMPTS:
                    raise Retry(self.problem) from error
                self._back_off(attempt, None)
                continue
            self.problem = "" if response.is_success else f"GET {path}: HTTP {response.status_code}"
            if response.is_success:
                from_cache = response.headers.get("age", "0") != "0"
                return ApiResponse(body, None if from_cache else response.headers.get("date"))
            if attempt == ATTEMPTS or not should_retry(response):
                raise refusal(response, self.key.name, self.key.reveal(), self._fix)
            self._back_off(attempt, retry_after(response.headers))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, path: str, params: Params) -> tuple[httpx.Response, bytes]:
        """The response and its body. A response is part of a cycle, which would keep a page until it is collected."""
        headers = {"x-api-key": self.key.reveal()}
        with self._http.stream("GET", path, params=list(params), headers=headers) as response:
            body = _read(response)
        if not response.is_success:
            plain = {name: value for name, value in response.headers.items() if name not in _OF_THE_TRANSFER}
            response = httpx.Response(response.status_code, headers=plain, content=body, request=response.request)
        self.budget.observe(response.headers, self.clock.now_us())
        return response, body

    def _back_off(self, attempt: int, after: float | None) -> None:
        if after is not None:
            self.budget.close(after)
        else:
            self._pause(backoff(1.0, attempt - 1))

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and self._wait(seconds):
            raise Stopping("the process is ending")


def _read(response: httpx.Response) -> bytes:
    """The whole body. Raises `httpx.HTTPError` for one without end."""
    ends, pieces, size = time.monotonic() + RESPONSE_SECONDS, list[bytes](), 0
    for piece in response.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > RESPONSE_BYTES or time.monotonic() > ends:
            raise httpx.ReadError(
                f"the response is not complete after {RESPONSE_SECONDS:g} s or {size} bytes", request=response.request
            )
    return b"".join(pieces)


def _headers(betas: Sequence[str]) -> dict[str, str]:
    headers = {
        "anthropic-version": API_VERSION,
        "cache-control": "no-cache",
        "user-agent": f"claude-siem/{__version__}",
    }
    return headers | ({"anthropic-beta": ",".join(betas)} if betas else {})
