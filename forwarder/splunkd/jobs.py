"""Searches run as jobs, each within a time limit, and Splunk's own parser.

Source: Splunk Enterprise REST API Reference, *search/v2/jobs* (`dispatchState`, `isFailed`, `messages`, `results`),
*search/v2/parser*. A search there begins with `search` or a `|`.
"""

import time
from typing import Any, NamedTuple

import orjson

from forwarder.errors import Reject, Retry
from forwarder.http_client import backoff
from forwarder.siem.stories import Rows
from forwarder.splunkd.belongings import NAMESPACE
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import is_on

POLL = 0.2
SLOWEST_POLL = 2.0
_FAULTS = ("fatal", "error")


class Range(NamedTuple):
    """From `earliest` on and before `latest`, epoch seconds."""

    earliest: float
    latest: float


def parse(splunkd: Splunkd, search: str) -> None:
    """Have the search read by Splunk's parser, macros included. Raises `Reject` with its words."""
    with splunkd.asked("the parser"):
        splunkd.service.parse(_whole(search), **NAMESPACE)


def run(splunkd: Splunkd, search: str, span: Range, seconds: float) -> Rows:
    """The rows of a search as results give them: text, or lists of text.

    Raises `Reject` with Splunk's words when it fails, is lost or takes longer than `seconds`, `Retry` when splunkd does
    not take it for as long: it may run as many searches as it can.
    """
    until = time.monotonic() + seconds
    job = _dispatch(splunkd, search, span, until)
    try:
        with splunkd.asked("the search"):
            try:
                _finish(job, until, seconds)
                told = orjson.loads(job.results(output_mode="json", count=0).read())
            finally:
                job.cancel()
    except Retry as lost:
        raise Reject("search-lost", str(lost)) from None
    rows: Rows = told.get("results", [])
    return rows


def _dispatch(splunkd: Splunkd, search: str, span: Range, until: float) -> Any:
    bounds = {"earliest_time": f"{span.earliest:.15g}", "latest_time": f"{span.latest:.15g}"}
    failures = 0
    while True:
        try:
            with splunkd.asked("the search"):
                return splunkd.service.jobs.create(_whole(search), exec_mode="normal", **bounds, **NAMESPACE)
        except Retry:
            if time.monotonic() > until:
                raise
            failures += 1
            time.sleep(backoff(0.25, failures))


def _finish(job: Any, until: float, seconds: float) -> None:
    pause = POLL
    while not job.is_done():
        if time.monotonic() > until:
            raise Reject("search-slow", f"the search took longer than {seconds:.0f} s")
        time.sleep(pause)
        pause = min(SLOWEST_POLL, pause * 1.5)
    _failed(job)


def _failed(job: Any) -> None:
    """Raises `Reject` for a job that failed, complains of an error, or was ended before its time."""
    state = job.state.content
    messages = state.get("messages") or {}
    faults = [text for kind in _FAULTS for text in _listed(messages.get(kind))]
    if is_on(state.get("isFailed")) or state.get("dispatchState") == "FAILED" or faults:
        told = " ".join("; ".join(faults).split()) or "no reason is given"
        raise Reject("search-failed", f"the search failed: {told}")
    if is_on(state.get("isFinalized")):
        raise Reject("search-finalized", "the search was finalized before its end: its rows are not all")


def _listed(told: Any) -> list[str]:
    return [str(text) for text in told] if isinstance(told, list) else [str(told)] if told else []


def _whole(search: str) -> str:
    return search if search.lstrip().startswith("|") else f"search {search}"
