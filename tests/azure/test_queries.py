"""The query API over HTTP with Microsoft's client: every form of value, every error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from forwarder.azure.queries import WorkspaceQueries
from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.siem.calls import BUSY_SECONDS, BusyRetries
from forwarder.simulator.http import Answer
from forwarder.simulator.logs_ingestion import refusal
from forwarder.simulator.server import json_answer
from tests.azure.logs_query import bad_query, partial
from tests.azure.standin import CUSTOMER_ID
from tests.azure.world import World

VALUES: list[tuple[str, Any, Any]] = [
    ("string", "a", "a"),
    ("string", '["a"]', '["a"]'),
    ("long", 9_007_199_254_740_993, 9_007_199_254_740_993),
    ("real", 1.5, 1.5),
    ("real", "NaN", "NaN"),
    ("real", "Infinity", "Infinity"),
    ("decimal", "1.5", "1.5"),
    ("bool", True, True),
    ("datetime", "2026-04-15T12:00:00Z", "2026-04-15T12:00:00+00:00"),
    ("datetime", "2026-04-15T12:00:00.1234567Z", "2026-04-15T12:00:00.123456+00:00"),
    ("datetime", None, None),
    ("timespan", "1.02:03:04.5", "1.02:03:04.5"),
    ("timespan", None, None),
    ("guid", "aaaaaaaa-0000-4000-8000-00000000000a", "aaaaaaaa-0000-4000-8000-00000000000a"),
    ("guid", None, None),
    ("dynamic", '["a",2,null]', ["a", 2, None]),
    ("dynamic", '{"a":[1]}', '{"a":[1]}'),
    ("dynamic", '[{"a":1}]', '[{"a":1}]'),
    ("dynamic", "plain", "plain"),
    ("dynamic", ["a", 2], ["a", 2]),
    ("dynamic", {"a": [1]}, '{"a":[1]}'),
    ("dynamic", None, None),
]


@contextmanager
def workspace_queries(cloud: World, busy_seconds: float = BUSY_SECONDS) -> Iterator[WorkspaceQueries]:
    """The product's side."""
    with cloud.azure() as azure:
        yield WorkspaceQueries(azure, CUSTOMER_ID, BusyRetries(busy_seconds))


def one_value(kind: str, value: Any) -> Answer:
    """A table of one row and column."""
    table = {"name": "PrimaryResult", "columns": [{"name": "v", "type": kind}], "rows": [[value]]}
    return json_answer(200, {"tables": [table]})


def test_every_form_of_value_is_decoded(cloud: World) -> None:
    with workspace_queries(cloud) as queries:
        for kind, value, read in VALUES:
            cloud.queries.answers = {"T": one_value(kind, value)}
            assert queries.rows("T") == [{"v": read}], (kind, value)


def test_a_query_is_posted_without_a_timespan_and_with_its_time_limit(cloud: World) -> None:
    with workspace_queries(cloud) as queries:
        assert queries.rows("ClaudeActivity_CL | count", 77) == [{"Count": 0}]
    (asked,) = cloud.queries.asked
    assert (asked["query"], asked.get("timespan")) == ("ClaudeActivity_CL | count", None)
    assert asked["prefer"] == "wait=77"


REFUSALS: list[tuple[Answer, type[Exception], str]] = [
    (bad_query("SEM0100", "no column named 'x'"), Reject, r"BadArgumentError.*: SEM0100 no column named 'x'"),
    (bad_query("SYN0002", "A recognition error"), Reject, "SYN0002 A recognition error"),
    (partial([{"a": 1}]), Reject, r"the rows are incomplete: PartialError \(There were some errors"),
    (refusal(504, "GatewayTimeout", "Gateway timeout"), Reject, "the query took longer than 120 s"),
    (refusal(403, "InsufficientAccessError", "insufficient access"), Misconfigured, "HTTP 403.*insufficient access"),
    (refusal(404, "WorkspaceNotFoundError", "no such workspace"), Reject, "HTTP 404.*no such workspace"),
    (Answer(200, b"<html>", {"content-type": "text/html"}), Misconfigured, "the answer is not Azure's"),
    (Answer(200, b"{", {"content-type": "application/json"}), Misconfigured, "the answer is not Azure's"),
    (Answer(403, b"<html>", {"content-type": "text/html"}), Misconfigured, "HTTP 403"),
]


@pytest.mark.parametrize(("answer", "kind", "words"), REFUSALS)
def test_an_error_is_raised_and_the_query_not_repeated(
    answer: Answer, kind: type[Exception], words: str, cloud: World
) -> None:
    cloud.queries.answers = {"T": answer}
    with workspace_queries(cloud) as queries, pytest.raises(kind, match=words):
        queries.rows("T")
    assert len(cloud.queries.served()) == 1


def test_a_busy_service_is_called_again_after_the_pause_it_asks_for(cloud: World) -> None:
    cloud.queries.fault("unavailable")
    cloud.queries.fault("proxy-bad-gateway")
    cloud.queries.fault("throttled", times=2, retry_after=0.4)
    with workspace_queries(cloud) as queries:
        began = time.monotonic()
        assert queries.rows("ClaudeActivity_CL | count") == [{"Count": 0}]
        assert 0.8 < time.monotonic() - began < BUSY_SECONDS / 3
    assert len(cloud.queries.served()) == 5


def test_after_giving_up_each_query_is_sent_once_until_one_succeeds(cloud: World) -> None:
    cloud.queries.fault("throttled", times=None, retry_after=2.5)
    with workspace_queries(cloud, 4.0) as queries:
        with pytest.raises(Retry, match=r"HTTP 429.*Rate limit is exceeded"):
            queries.rows("T")
        assert len(cloud.queries.served()) == 3
        with pytest.raises(Retry):
            queries.rows("T")
        assert len(cloud.queries.served()) == 4
        cloud.queries.faults.clear()
        assert queries.rows("ClaudeActivity_CL | count") == [{"Count": 0}]
        cloud.queries.fault("throttled", retry_after=0.1)
        assert queries.rows("ClaudeActivity_CL | count") == [{"Count": 0}], "it is repeated again"


def test_a_truncated_answer_is_requested_again(cloud: World) -> None:
    cloud.queries.fault("truncated-body")
    with workspace_queries(cloud) as queries:
        assert queries.rows("ClaudeActivity_CL | count") == [{"Count": 0}]
    assert cloud.queries.asked[0] == cloud.queries.asked[1]
