"""Searches run as jobs, each within a time limit, and Splunk's own parser.

Source: Splunk Enterprise REST API Reference, *search/v2/jobs* (`dispatchState`, `isFailed`, `messages`, `results`),
*search/v2/parser*. A search there begins with `search` or a `|`.
"""

import time
from typing import Any, NamedTuple

import orjson

from forwarder.errors import Reject, Retry
from forwarder.siem.calls import BusyRetries
from forwarder.siem.test_cases import Rows
from forwarder.splunkd import APP_NAMESPACE
from forwarder.splunkd.connection import Splunkd, is_on

POLL = 0.2
SLOWEST_POLL = 2.0
_ERRORS = ("fatal", "error")


class TimeRange(NamedTuple):
    """From `earliest` on and before `latest`, epoch seconds."""

    earliest: float
    latest: float


def parse(splunkd: Splunkd, search: str) -> None:
    """Have Splunk's parser read the search, macros included. Raises `Reject` with its message."""
    with splunkd.request("the parser"):
        splunkd.service.parse(_with_command(search), **APP_NAMESPACE)


class SearchJobs:
    """Runs searches, again while splunkd has no room for another one."""

    def __init__(self, splunkd: Splunkd, retries: BusyRetries | None = None) -> None:
        self._splunkd = splunkd
        self._retries = retries or BusyRetries()

    def run(self, search: str, span: TimeRange, seconds: float) -> Rows:
        """The rows of a search as results contain them: text, or lists of text.

        Raises `Reject` with Splunk's message when it fails, is lost or takes longer than `seconds`, `Retry` when
        splunkd stays busy and does not start it.
        """
        job = self._retries.call(lambda: self._start(search, span))
        try:
            with self._splunkd.request("the search"):
                try:
                    _finish(job, seconds)
                    results = orjson.loads(job.results(output_mode="json", count=0).read())
                finally:
                    job.cancel()
        except Retry as lost:
            raise Reject("search-lost", str(lost)) from None
        rows: Rows = results.get("results", [])
        return rows

    def _start(self, search: str, span: TimeRange) -> Any:
        bounds = {"earliest_time": f"{span.earliest:.15g}", "latest_time": f"{span.latest:.15g}"}
        with self._splunkd.request("the search"):
            return self._splunkd.service.jobs.create(
                _with_command(search), exec_mode="normal", **bounds, **APP_NAMESPACE
            )


def _finish(job: Any, seconds: float) -> None:
    pause, until = POLL, time.monotonic() + seconds
    while not job.is_done():
        if time.monotonic() > until:
            raise Reject("search-slow", f"the search took longer than {seconds:.0f} s")
        time.sleep(pause)
        pause = min(SLOWEST_POLL, pause * 1.5)
    _expect_success(job)


def _expect_success(job: Any) -> None:
    """Raises `Reject` for a job that failed, reports an error, or was finalized early."""
    state = job.state.content
    messages = state.get("messages") or {}
    errors = [text for kind in _ERRORS for text in _listed(messages.get(kind))]
    if is_on(state.get("isFailed")) or state.get("dispatchState") == "FAILED" or errors:
        text = " ".join("; ".join(errors).split()) or "no reason is given"
        raise Reject("search-failed", f"the search failed: {text}")
    if is_on(state.get("isFinalized")):
        raise Reject("search-finalized", "the search was finalized early: its rows are incomplete")


def _listed(texts: Any) -> list[str]:
    return [str(text) for text in texts] if isinstance(texts, list) else [str(texts)] if texts else []


def _with_command(search: str) -> str:
    return search if search.lstrip().startswith("|") else f"search {search}"
