"""Faults by name: which request of a server fails, how, and for how long."""

import base64
import html
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.http import Answer, Request

Serve = Callable[[], Answer]
"""Gives the answer that the request would have had without the fault (and has its effects)."""
Effect = Callable[["Fault", Request, Serve], Answer]


@dataclass(slots=True)
class Fault:
    """One planned fault: `times` requests, or every request for `seconds`, after `skip` normal ones.

    `path` limits it to requests whose path contains the text. `settings` are the effect's own, such as
    `retry_after` (seconds), `delay` (seconds) or `number` (of the refused event).
    """

    name: str
    times: int | None = 1
    seconds: float | None = None
    skip: int = 0
    path: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    until_us: int | None = None


class FaultPlan:
    """The faults still to come, first come first served. Not locked: its server is."""

    def __init__(self, clock: SimulatedClock, effects: Mapping[str, Effect]) -> None:
        self._clock = clock
        self._effects = effects
        self._queue: list[Fault] = []
        self.injected: dict[str, int] = {}

    def add(self, name: str, **options: Any) -> None:
        """Plan a fault; options that `Fault` does not know become its settings. Raises `KeyError` by name."""
        if name not in self._effects:
            raise KeyError(f"no fault {name!r}; there are {', '.join(sorted(self._effects))}")
        known = {key: options.pop(key) for key in ("times", "seconds", "skip", "path") if key in options}
        if known.get("seconds") is not None:
            known.setdefault("times", None)
        self._queue.append(Fault(name, **known, settings=options))

    def clear(self) -> None:
        """Forget every fault that has not happened yet."""
        self._queue.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """What is planned, as plain objects."""
        return [asdict(fault) for fault in self._queue]

    def answer(self, request: Request, serve: Serve) -> Answer:
        """The answer to the request: of the first fault that applies, else the normal one."""
        fault = self._take(request.path)
        if fault is None:
            return serve()
        self.injected[fault.name] = self.injected.get(fault.name, 0) + 1
        return self._effects[fault.name](fault, request, serve)

    def _take(self, path: str) -> Fault | None:
        self._queue = [fault for fault in self._queue if not self._over(fault)]
        for fault in self._queue:
            if fault.path in path:
                if fault.skip:
                    fault.skip -= 1
                    return None
                return self._use(fault)
        return None

    def _use(self, fault: Fault) -> Fault:
        if fault.seconds is not None and fault.until_us is None:
            fault.until_us = self._clock.now_us() + round(fault.seconds * SECOND)
        if fault.times is not None:
            fault.times -= 1
        return fault

    def _over(self, fault: Fault) -> bool:
        return fault.times == 0 or (fault.until_us is not None and self._clock.now_us() >= fault.until_us)


def connection_reset(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The connection is reset; the request had no effect."""
    return Answer(0, ending="reset")


def answer_lost(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The request took effect, but the connection closes before the answer."""
    return serve()._replace(ending="unanswered")


def truncated_body(fault: Fault, request: Request, serve: Serve) -> Answer:
    """`Content-Length` promises the whole body, half of it comes."""
    return serve()._replace(ending="truncated")


def slow(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The normal answer after `delay` real seconds (default 5)."""
    return serve()._replace(delay=float(fault.settings.get("delay", 5.0)))


def proxy_page(status: int) -> Effect:
    """An HTML page of a proxy in between, instead of the API's JSON errors."""

    def effect(fault: Fault, request: Request, serve: Serve) -> Answer:
        page = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
        return Answer(status, page.encode(), {"content-type": "text/html"})

    return effect


def redirect(fault: Fault, request: Request, serve: Serve) -> Answer:
    """A redirect (setting `status`, 307) to the same path at the address `to`."""
    status = int(fault.settings.get("status", 307))
    return Answer(status, headers={"location": f"{fault.settings['to']}{request.target}"})


def other_answer(fault: Fault, request: Request, serve: Serve) -> Answer:
    """The answer of another service: `body` with `headers`, and no effect."""
    return Answer(200, fault.settings["body"], fault.settings.get("headers", {}))


def echo_credentials(fault: Fault, request: Request, serve: Serve) -> Answer:
    """An error (setting `status`, default 500) that repeats the request's credentials, as debugging proxies do.

    In every spelling that servers use, as the message of each API that is simulated. `code` is HEC's, `number` that of
    the refused event.
    """
    text = "; ".join(spelling for given in _credentials(request) for spelling in _spellings(given))
    if "oauth2" in request.path:
        content: dict[str, Any] = {"error": "invalid_client", "error_description": f"AADSTS7000215: {text}"}
    else:
        content = {"error": {"type": "echo", "code": "Echo", "message": text}, "text": text}
    content |= {"code": fault.settings["code"]} if "code" in fault.settings else {}
    content |= {"invalid-event-number": fault.settings["number"]} if "number" in fault.settings else {}
    headers = {"content-type": "application/json", "x-should-retry": "false", "retry-after": "0"}
    return Answer(int(fault.settings.get("status", 500)), json.dumps(content).encode(), headers)


def _credentials(request: Request) -> Iterator[str]:
    """The secrets in headers, and in a form of the token endpoint."""
    for name in ("authorization", "x-api-key", "proxy-authorization"):
        if given := request.headers.get(name):
            yield given
            yield given.rpartition(" ")[2]
    if "urlencoded" in request.headers.get("content-type", ""):
        yield from dict(parse_qsl(request.body.decode())).values()


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), json.dumps(json.dumps(secret)), secret.upper(), html.escape(secret))
    yield base64.b64encode(f"admin:{secret}".encode()).decode()
    yield f"{secret[:20]}..."
    yield f"https://user:{secret}@proxy.example/"


COMMON: Mapping[str, Effect] = {
    "connection-reset": connection_reset,
    "answer-lost": answer_lost,
    "truncated-body": truncated_body,
    "slow": slow,
    "redirect": redirect,
    "answer": other_answer,
    "proxy-bad-gateway": proxy_page(502),
    "proxy-unavailable": proxy_page(503),
    "proxy-too-large": proxy_page(413),
    "echo-credentials": echo_credentials,
}
"""Faults that every server can have."""
