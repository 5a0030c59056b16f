"""`/healthz`, `/readyz`, `/metrics` and the status page at `/`, served from a thread of their own.

Invariant: whether the forwarder lives and is ready is answered at once, also while the page waits for the store.
"""

import asyncio
import html
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from forwarder import __version__
from forwarder.http_server import GET, HttpLimits, HttpRequest, HttpResponse, HttpServer, Route
from forwarder.redaction import redact_all
from forwarder.status.reporting import Conditions, Metrics

Statistics = dict[str, Any]

LIMITS = HttpLimits(body_bytes=64 * 1024, waiting_bytes=1024 * 1024)
"""Those of the OTLP receiver, but for bodies: no request here needs one."""
_TEXT = "text/plain; charset=utf-8"


class StatusServer:
    """Listens from construction. `statistics()` gives what the page shows. Raises `Misconfigured` when it cannot."""

    def __init__(
        self,
        listen: tuple[str, int],
        conditions: Conditions,
        metrics: Metrics,
        statistics: Callable[[], Statistics],
        limits: HttpLimits = LIMITS,
    ) -> None:
        self._conditions = conditions
        self._metrics = metrics
        self._statistics = statistics
        routes = {
            "/healthz": Route(GET, self._healthz),
            "/readyz": Route(GET, self._readyz),
            "/metrics": Route(GET, self._metrics_text),
            "/": Route(GET, self._page),
        }
        self._server = HttpServer("status.listen", listen, routes, limits=limits)
        self.address = self._server.address
        self._reading = ThreadPoolExecutor(1, "status-statistics")
        self._server.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.stop(grace=1.0)
        self._reading.shutdown(wait=False, cancel_futures=True)

    async def _healthz(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, _TEXT, b"alive\n")

    async def _readyz(self, request: HttpRequest) -> HttpResponse:
        red = self._conditions.red()
        body = json.dumps(redact_all({"ready": not red, "reasons": red})).encode()
        return HttpResponse(503 if red else 200, "application/json", body)

    async def _metrics_text(self, request: HttpRequest) -> HttpResponse:
        await self._read_statistics()
        return HttpResponse(200, "text/plain; version=0.0.4; charset=utf-8", self._metrics.text())

    async def _page(self, request: HttpRequest) -> HttpResponse:
        page = _page(*redact_all((self._conditions.red(), await self._read_statistics())))
        return HttpResponse(200, "text/html; charset=utf-8", page.encode("utf-8", "replace"))

    async def _read_statistics(self) -> Statistics:
        """Read them, which may wait for the store: in a thread, one reader at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._statistics)


def _page(red: dict[str, str], statistics: Statistics) -> str:
    state = "ready" if not red else "red"
    reasons = "".join(f"<li><b>{html.escape(s)}</b>: {html.escape(r)}</li>" for s, r in red.items())
    rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(str(v))}</td></tr>" for n, v in _flat(statistics))
    return (
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=10><title>claude-siem</title>"
        "<style>body{font:16px system-ui;margin:2rem;max-width:60rem}td{padding:.2rem 1rem .2rem 0}"
        "td+td{font-variant-numeric:tabular-nums}.red{color:#b00020}.ready{color:#186a3b}</style>"
        f"<h1>claude-siem {__version__}: <span class={state}>{state}</span></h1><ul>{reasons}</ul><table>{rows}</table>"
    )


def _flat(statistics: Statistics, prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in statistics.items():
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
