"""`/healthz`, `/readyz`, `/metrics` and the status page at `/`, served from a thread of their own.

Invariants
    Whether the forwarder lives and is ready is answered at once, also while the page waits for the store.
    Nothing is answered under a name that is not the page's, and nothing is kept by a browser or shown in a frame.
"""

import asyncio
import hashlib
import html
import ipaddress
import json
from base64 import b64encode
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from forwarder import __version__
from forwarder.http_server import GET, HttpError, HttpLimits, HttpRequest, HttpResponse, HttpServer, Route
from forwarder.redaction import redact_all
from forwarder.status.reporting import Conditions, Metrics

Statistics = dict[str, Any]

LIMITS = HttpLimits(
    body_bytes=64 * 1024,
    waiting_bytes=1024 * 1024,
    in_flight=64,
    in_flight_a_client=64,
    connections=64,
    connections_a_client=48,
    header_seconds=5.0,
    idle_seconds=30.0,
    body_seconds=10.0,
)
"""For probes, a scraper and a few people. No request here needs a body."""
_TEXT = "text/plain; charset=utf-8"
_STYLE = (
    "body{font:16px system-ui;margin:2rem;max-width:60rem}td{padding:.2rem 1rem .2rem 0}"
    "td+td{font-variant-numeric:tabular-nums}.red{color:#b00020}.yellow{color:#8a6100}.ready{color:#186a3b}"
)
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SECURITY_HEADERS = (
    ("cache-control", "no-store"),
    ("content-security-policy", f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)
_WAIT_SECONDS = 10.0
"""For the statistics, which may wait for the store."""
_MOST_WAITING = 16
"""Requests that wait for them; so many that health and readiness always have room beside them."""


class StatusServer:
    """Listens from construction. `statistics()` gives what the page shows. Raises `Misconfigured` when it cannot."""

    def __init__(
        self,
        listen: tuple[str, int],
        conditions: Conditions,
        metrics: Metrics,
        statistics: Callable[[], Statistics],
        limits: HttpLimits = LIMITS,
        allowed_hosts: Collection[str] = (),
    ) -> None:
        self._conditions = conditions
        self._metrics = metrics
        self._statistics = statistics
        self._reads: asyncio.Future[Statistics] | None = None
        self._waiting = 0
        routes = {
            "/healthz": Route(GET, self._healthz),
            "/readyz": Route(GET, self._readyz),
            "/metrics": Route(GET, self._metrics_text),
            "/": Route(GET, self._page),
        }
        self._server = HttpServer(
            "status.listen",
            listen,
            routes,
            limits=limits,
            authorize=_AllowedHosts(allowed_hosts, public=["/healthz"]).check,
            headers=_SECURITY_HEADERS,
        )
        self.address = self._server.address
        self._reading = ThreadPoolExecutor(1, "status-statistics")
        self._server.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.stop(grace=1.0)
        self._reading.shutdown(wait=False, cancel_futures=True)

    async def _healthz(self, request: HttpRequest) -> HttpResponse:
        alive, threads = self._conditions.threads()
        lines = ["alive" if alive else "stalled", *(f"{subject}: {reason}" for subject, reason in threads.items())]
        return HttpResponse(200 if alive else 503, _TEXT, "".join(f"{line}\n" for line in lines).encode())

    async def _readyz(self, request: HttpRequest) -> HttpResponse:
        red = self._conditions.red()
        reasons = {"ready": not red, "reasons": red, "warnings": self._conditions.yellow()}
        body = json.dumps(redact_all(reasons)).encode()
        return HttpResponse(503 if red else 200, "application/json", body)

    async def _metrics_text(self, request: HttpRequest) -> HttpResponse:
        await self._read_statistics()
        return HttpResponse(200, "text/plain; version=0.0.4; charset=utf-8", self._metrics.text())

    async def _page(self, request: HttpRequest) -> HttpResponse:
        parts = (self._conditions.red(), self._conditions.yellow(), await self._read_statistics())
        page = _page(*redact_all(parts))
        return HttpResponse(200, "text/html; charset=utf-8", page.encode("utf-8", "replace"))

    async def _read_statistics(self) -> Statistics:
        """Read them in a thread, once for all that wait. Raises `HttpError` (503) where that takes long."""
        if self._waiting >= _MOST_WAITING:
            raise HttpError(503, f"busy: {_MOST_WAITING} requests wait for the store", retry_after=5)
        if self._reads is None or self._reads.done():
            self._reads = asyncio.get_running_loop().run_in_executor(self._reading, self._statistics)
        self._waiting += 1
        try:
            return await asyncio.wait_for(asyncio.shield(self._reads), _WAIT_SECONDS)
        except TimeoutError:
            raise HttpError(503, f"the store has not answered in {_WAIT_SECONDS:g} s", retry_after=5) from None
        finally:
            self._waiting -= 1


def _page(red: dict[str, str], yellow: dict[str, str], statistics: Statistics) -> str:
    state = "red" if red else "yellow" if yellow else "ready"
    shown = [("red", red), ("yellow", yellow)]
    reasons = "".join(
        f"<li class={severity}><b>{html.escape(subject)}</b>: {html.escape(reason)}</li>"
        for severity, conditions in shown
        for subject, reason in conditions.items()
    )
    rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(str(v))}</td></tr>" for n, v in _flat(statistics))
    return (
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=10><title>claude-siem</title>"
        f"<style>{_STYLE}</style>"
        f"<h1>claude-siem {__version__}: <span class={state}>{state}</span></h1><ul>{reasons}</ul><table>{rows}</table>"
    )


def _flat(statistics: Statistics, prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in statistics.items():
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows


class _AllowedHosts:
    """Every literal address, `localhost`, and the names of `status.allowed_hosts`.

    With DNS rebinding a name of an attacker's leads to this address, and a visitor's browser takes the answers for that
    site's. A literal address cannot be rebound, and probes of Kubernetes ask by the pod's.
    `public` are paths that may be asked for by any name: a liveness probe restarts what it cannot reach.
    """

    def __init__(self, names: Collection[str], public: Collection[str]) -> None:
        self._public = public
        self._names = {"localhost", *(name.lower() for name in names)}

    def check(self, request: HttpRequest) -> None:
        """Raises `HttpError` (421) for another name. A request without one comes from no browser."""
        host = request.headers.get("host", "")
        name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        if request.path in self._public or not name or name.lower().rstrip(".") in self._names or _is_address(name):
            return
        raise HttpError(421, "this name is not the status page's; to allow it, add it to status.allowed_hosts")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
