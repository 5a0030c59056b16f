"""Refused telemetry: a client that is set up wrongly loses its data, and nobody but this receiver can see it.

Each refusal is counted; one line of a client and reason is logged in 5 minutes, with the fix; what goes on for a minute
is yellow, until 10 minutes pass without a refusal.
"""

import threading
import time
from collections.abc import Callable

import structlog

from forwarder.http_server import HttpError, LogRateLimit
from forwarder.status import Conditions, Metrics

SUBJECT = "sources.otlp.refused"
LASTING_SECONDS = 60.0
QUIET_SECONDS = 600.0
_LOG_SECONDS = 300.0
_LOG_KINDS = 32
_OURS = (500, 503)
"""The store's conditions and the log say why; the client keeps its data."""
_log = structlog.get_logger()


class RefusedTelemetry:
    """Safe from many threads."""

    def __init__(self, conditions: Conditions, metrics: Metrics, now: Callable[[], float] = time.monotonic) -> None:
        self._conditions = conditions
        self._metrics = metrics
        self._now = now
        self._lock = threading.Lock()
        self._log_limit = LogRateLimit(_LOG_SECONDS, _LOG_KINDS, now)
        self._first = self._last = float("-inf")
        self._number = 0
        """Since the first; all three begin anew after a quiet time."""

    def add(self, client: str, error: HttpError) -> None:
        """Count, log and report one refusal."""
        self._metrics.refused_requests.labels(error.reason).inc()
        if error.status in _OURS:
            return
        with self._lock:
            lasting = self._count()
            held_back = self._log_limit.admit((client, error.reason))
        if held_back is not None:
            _log.warning(
                "telemetry refused", client=client, reason=error.reason, detail=error.message, held_back=held_back
            )
        if lasting:
            reason = f"{self._number} requests refused; the last from {client} ({error.reason}): {error.message}"
            self._conditions.report(SUBJECT, reason, severity="yellow")

    def settle(self) -> None:
        """Resolve the condition after a quiet time; to be called now and then."""
        if self._now() - self._last >= QUIET_SECONDS and self._conditions.resolve(SUBJECT):
            _log.info("no telemetry has been refused for a while", seconds=QUIET_SECONDS)

    def _count(self) -> bool:
        """Count one. Whether refusals have been coming for a while."""
        now = self._now()
        if now - self._last >= QUIET_SECONDS:
            self._first, self._number = now, 0
        self._last = now
        self._number += 1
        return now - self._first >= LASTING_SECONDS
