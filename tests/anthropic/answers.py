"""Anthropic's responses as the transport sees them, and a client that records its waits."""

from collections.abc import Callable, Iterable

import httpx
from pydantic import SecretStr

from forwarder.anthropic import AnthropicSettings, Client
from forwarder.config import Secret

KEY = "sk-ant-api01-never-to-be-seen"
PATH = "/v1/compliance/activities"
PAGE = {"data": [], "has_more": False, "first_id": None, "last_id": None}

Step = httpx.Response | Exception
Handler = Callable[[httpx.Request], httpx.Response]


def error(status: int, kind: str = "api_error", text: str = "Internal server error", **headers: str) -> httpx.Response:
    """A documented error answer."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"error": {"type": kind, "message": text}}, headers=fields)


def good(**headers: str) -> httpx.Response:
    """An empty page."""
    return httpx.Response(200, json=PAGE, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Wait:
    """Waits no time and remembers how long it should have been."""

    def __init__(self, stopping: bool = False) -> None:
        self.waits: list[float] = []
        self._stopping = stopping

    def __call__(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self._stopping


class Script:
    """Answers one step a request, the last one for ever, and keeps the requests."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step.status_code, content=step.content, headers=step.headers)


def client(
    handler: Handler, wait: Wait | None = None, key: str = KEY, name: str = "anthropic.compliance_key"
) -> Client:
    """A client over `handler`."""
    settings = AnthropicSettings(base_url="https://api.anthropic.com", compliance_key=SecretStr(key))
    return Client(settings, Secret(name, SecretStr(key)), wait or Wait(), httpx.MockTransport(handler))
