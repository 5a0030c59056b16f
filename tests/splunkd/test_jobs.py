"""A search is waited for no longer than it may take, and never taken for done when it is not."""

import time
from typing import Any

import pytest

from forwarder.errors import Reject, Retry
from forwarder.siem.calls import BusyRetries
from forwarder.splunkd.jobs import SearchJobs, TimeRange
from tests.splunkd.world import World

SEARCH = "| inputlookup claude_calendar"
EVER = TimeRange(0, 1)
ENDS: list[tuple[dict[str, Any], str]] = [
    ({"dispatchState": "RUNNING", "isDone": "0"}, "took longer than 1 s"),
    ({"dispatchState": "QUEUED", "isDone": "0"}, "took longer than 1 s"),
    ({"dispatchState": "FAILED", "isFailed": "1"}, "the search failed: no reason is given"),
    ({"dispatchState": "DONE", "messages": {"error": ["one", "two"], "warn": ["three"]}}, "failed: one; two$"),
    ({"dispatchState": "DONE", "isFinalized": "1"}, "its rows are incomplete"),
]


@pytest.mark.parametrize(("state", "words"), ENDS)
def test_a_job_that_does_not_end_well_gives_no_rows(state: dict[str, Any], words: str, splunk: World) -> None:
    splunk.splunkd.failing = {"inputlookup": state}
    with splunk.client() as client, pytest.raises(Reject, match=words):
        SearchJobs(client).run(SEARCH, EVER, 1)
    assert splunk.splunkd.jobs == {}, "a job is taken away, however it ends"


def test_a_busy_search_head_is_asked_again_until_the_time_is_over(splunk: World) -> None:
    with splunk.client() as client:
        splunk.splunkd.fault("proxy-unavailable", path="/jobs/", times=2)
        assert len(SearchJobs(client).run(SEARCH, EVER, 30)) > 0
        splunk.splunkd.fault("proxy-unavailable", path="/jobs/", times=None)
        began = time.monotonic()
        with pytest.raises(Retry, match="HTTP 503"):
            SearchJobs(client, BusyRetries(1)).run(SEARCH, EVER, 30)
        assert time.monotonic() - began < 10


def test_a_job_of_which_nothing_is_known_yet_is_waited_for(splunk: World) -> None:
    splunk.splunkd.unready = 2
    with splunk.client() as client:
        assert len(SearchJobs(client).run(SEARCH, EVER, 30)) > 0
    assert splunk.splunkd.unready == 0


def test_a_job_whose_answers_are_lost_is_refused_and_not_run_again(splunk: World) -> None:
    with splunk.client() as client:
        splunk.splunkd.fault("proxy-unavailable", path="/results")
        with pytest.raises(Reject, match="HTTP 503"):
            SearchJobs(client).run(SEARCH, EVER, 30)
