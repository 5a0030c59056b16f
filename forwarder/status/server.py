"""`/healthz`, `/readyz`, `/metrics` and the status page at `/`, served from a thread of their own."""

import html
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from forwarder import __version__
from forwarder.errors import Misconfigured
from forwarder.status.conditions import Conditions
from forwarder.status.metrics import Metrics

Figures = dict[str, Any]


class StatusServer:
    """Listens from construction. `figures()` gives what the page shows. Raises `Misconfigured` when it cannot."""

    def __init__(
        self, listen: tuple[str, int], conditions: Conditions, metrics: Metrics, figures: Callable[[], Figures]
    ) -> None:
        self._conditions = conditions
        self._metrics = metrics
        self._figures = figures
        self._socket = _bind(listen)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        config = uvicorn.Config(self._app(), log_level="error", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="status", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def _app(self) -> Starlette:
        routes = [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics_text),
            Route("/", self._page),
        ]
        return Starlette(routes=routes)

    def _healthz(self, request: Request) -> Response:
        return PlainTextResponse("alive\n")

    def _readyz(self, request: Request) -> Response:
        red = self._conditions.red()
        return JSONResponse({"ready": not red, "reasons": red}, status_code=503 if red else 200)

    def _metrics_text(self, request: Request) -> Response:
        self._figures()
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def _page(self, request: Request) -> Response:
        return HTMLResponse(_page(self._conditions.red(), self._figures()))


def _bind(listen: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(listen)
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"status.listen: {listen[0]}:{listen[1]} cannot be listened on ({error.strerror})"
        ) from None
    return listener


def _page(red: dict[str, str], figures: Figures) -> str:
    state = "ready" if not red else "red"
    reasons = "".join(f"<li><b>{html.escape(s)}</b>: {html.escape(r)}</li>" for s, r in red.items())
    rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(str(v))}</td></tr>" for n, v in _flat(figures))
    return (
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=10><title>claude-siem</title>"
        "<style>body{font:16px system-ui;margin:2rem;max-width:60rem}td{padding:.2rem 1rem .2rem 0}"
        "td+td{font-variant-numeric:tabular-nums}.red{color:#b00020}.ready{color:#186a3b}</style>"
        f"<h1>claude-siem {__version__}: <span class={state}>{state}</span></h1><ul>{reasons}</ul><table>{rows}</table>"
    )


def _flat(figures: Figures, prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in figures.items():
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
