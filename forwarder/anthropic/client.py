"""One account's HTTP client: asks, waits as told, retries what may pass, says what will not."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx

from forwarder import __version__
from forwarder.anthropic.budget import RequestBudget
from forwarder.anthropic.clock import ServerClock
from forwarder.anthropic.refusals import MAKE_A_FEED_KEY, refusal, should_retry
from forwarder.anthropic.settings import AnthropicSettings
from forwarder.config import Secret
from forwarder.errors import Retry
from forwarder.http_client import backoff, retry_after, trust

API_VERSION = "2023-06-01"
ATTEMPTS = 5

Params = Sequence[tuple[str, str]]


class Answer(NamedTuple):
    """A 200: its body and the id to quote to Anthropic's support."""

    body: bytes
    request_id: str | None


class Client:
    """GET requests with one key. `wait(seconds)` sleeps and answers True when the process is stopping.

    `mend` says how to make the right key, where this one is refused; `betas` are features that are asked for besides.
    """

    def __init__(
        self,
        settings: AnthropicSettings,
        key: Secret,
        wait: Callable[[float], bool],
        transport: httpx.BaseTransport | None = None,
        mend: str = MAKE_A_FEED_KEY,
        betas: Sequence[str] = (),
    ) -> None:
        self.key = key
        self.clock = ServerClock()
        self.budget = RequestBudget()
        self._wait = wait
        self._mend = mend
        self._http = httpx.Client(
            base_url=settings.base_url,
            headers=_headers(betas),
            timeout=httpx.Timeout(60.0, connect=10.0),
            verify=trust(settings.ca_file),
            transport=transport,
        )

    def get(self, path: str, params: Params) -> Answer:
        """The answer, after waiting for the budget and up to `ATTEMPTS` tries.

        Raises `AccessRefused` (401, 403), `WindowChanged` (400), `Retry` (all else).
        """
        attempt = 0
        while True:
            attempt += 1
            self._pause(self.budget.pause())
            try:
                answer, body = self._once(path, params)
            except httpx.HTTPError as error:
                if attempt == ATTEMPTS:
                    raise Retry(f"GET {path}: {type(error).__name__} {error}") from error
                self._back_off(attempt, None)
                continue
            if answer.is_success:
                return Answer(body, answer.headers.get("request-id"))
            if attempt == ATTEMPTS or not should_retry(answer):
                raise refusal(answer, self.key.name, self.key.reveal(), self._mend)
            self._back_off(attempt, retry_after(answer.headers))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _once(self, path: str, params: Params) -> tuple[httpx.Response, bytes]:
        """The answer and its body. A response is part of a cycle, which would keep a page until it is collected."""
        with self._http.stream("GET", path, params=list(params), headers={"x-api-key": self.key.reveal()}) as answer:
            body = b"".join(answer.iter_bytes()) if answer.is_success else answer.read()
        self.clock.observe(answer.headers.get("date"))
        self.budget.observe(answer.headers, self.clock.now_us() / 1e6)
        return answer, body

    def _back_off(self, attempt: int, after: float | None) -> None:
        if after is not None:
            self.budget.close(after)
        else:
            self._pause(backoff(1.0, attempt - 1))

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and self._wait(seconds):
            raise Retry("stopping")


def _headers(betas: Sequence[str]) -> dict[str, str]:
    headers = {"anthropic-version": API_VERSION, "user-agent": f"claude-siem/{__version__}"}
    return headers | ({"anthropic-beta": ",".join(betas)} if betas else {})
