"""Each fault of the feed, as a client sees it."""

import time

import httpx
import pytest

from tests.simulator.world import PATH, feed_of, issue, names

ROWS = [issue(name, seconds) for seconds, name in enumerate("abc")]


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("rate-limited", 429, "rate_limit_error"),
        ("server-error", 500, "api_error"),
        ("deterministic-error", 500, "api_error"),
        ("overloaded", 529, "overloaded_error"),
        ("key-revoked", 401, "authentication_error"),
        ("scope-removed", 403, "permission_error"),
    ],
)
def test_an_error_is_sent_once_and_then_the_feed_answers_normally(fault: str, status: int, kind: str) -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault(fault)
        answer = client.get(PATH)
        assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)
        assert (answer.headers.get("x-should-retry") == "false") is (fault == "deterministic-error")
        assert names(client.get(PATH)) == "c b a"
        assert feed.stats()["faults"] == {fault: 1}


def test_a_429_has_a_retry_after_header() -> None:
    with feed_of() as (feed, client):
        feed.fault("rate-limited", retry_after=17)
        answer = client.get(PATH)
        assert answer.headers["retry-after"] == "17"
        assert answer.headers["anthropic-ratelimit-requests-remaining"] == "0"
        assert answer.headers["anthropic-ratelimit-requests-reset"] == "2026-11-20T13:00:17Z"


def test_a_gateway_in_between_answers_in_html() -> None:
    with feed_of() as (feed, client):
        feed.fault("bad-gateway")
        answer = client.get(PATH)
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
        assert "request-id" not in answer.headers


def test_a_truncated_body_is_shorter_than_its_content_length() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("truncated-body")
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            client.get(PATH)
        assert names(client.get(PATH)) == "c b a"


def test_a_connection_is_reset_or_closed_without_an_answer() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("connection-reset")
        with pytest.raises(httpx.ReadError):
            client.get(PATH)
        feed.fault("answer-lost")
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(PATH)
        assert feed.stats()["requests"] == {"reset": 1, "unanswered": 1}


def test_a_garbage_page_is_no_json() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("garbage-body")
        with pytest.raises(ValueError, match="Unterminated string"):
            client.get(PATH).json()


def test_a_slow_answer_is_complete() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("slow", delay=0.3)
        began = time.monotonic()
        assert names(client.get(PATH)) == "c b a"
        assert time.monotonic() - began >= 0.3


def test_junk_and_repeated_rows_are_mixed_with_normal_ones() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("junk-items")
        items = client.get(PATH).json()["data"]
        assert None in items
        assert len([item for item in items if isinstance(item, dict) and "created_at" in item]) == 3
        feed.fault("repeated-rows")
        assert names(client.get(PATH)) == "c b a c b a"


def test_an_ignored_cursor_gives_the_first_page_again() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("repeated-page")
        walk: dict[str, str | int] = {"limit": 2, "after_id": "activity_b"}
        assert [names(client.get(PATH, params=walk)) for _ in range(2)] == ["c b", "a"]


def test_an_expired_cursor_is_refused_and_a_request_without_one_is_answered() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("cursor-expired", times=2)
        assert names(client.get(PATH)) == "c b a"
        answer = client.get(PATH, params={"after_id": "activity_c"})
        assert (answer.status_code, "activity_c" in answer.json()["error"]["message"]) == (400, True)


def test_a_fault_may_start_later_last_and_be_limited_to_a_path() -> None:
    with feed_of(*ROWS) as (feed, client):
        feed.fault("server-error", skip=1, times=2)
        assert [client.get(PATH).status_code for _ in range(4)] == [200, 500, 500, 200]
        feed.fault("overloaded", seconds=60, path="organizations")
        organizations = "/v1/compliance/organizations"
        assert [client.get(path).status_code for path in (PATH, organizations, organizations)] == [200, 529, 529]
        feed.clock.advance(61)
        assert client.get(organizations).status_code == 200


def test_another_process_plans_faults_and_reads_issued_ids_over_http() -> None:
    with feed_of(*ROWS) as (_, client):
        client.post("/_simulator/faults", json=[{"name": "server-error", "times": 2}]).raise_for_status()
        assert client.get(PATH).status_code == 500
        assert client.get("/_simulator/faults").json()[0]["times"] == 1
        client.delete("/_simulator/faults").raise_for_status()
        assert client.get(PATH).status_code == 200
        added = [{"activity": {"id": "activity_new", "type": "t", "created_at": "2026-11-20T12:59:59Z"}}]
        client.post("/_simulator/activities", json=added).raise_for_status()
        ids = client.get("/_simulator/issued").json()["ids"]
        assert ids == ["activity_a", "activity_b", "activity_c", "activity_new"]
        assert client.get("/_simulator/issued/count").json() == {"issued": 4, "hidden": 0}
        assert client.get("/_simulator/stats").json()["requests"] == {"500": 1, "200": 1}
        assert client.get("/_simulator/requests").json()[-1]["target"] == PATH
        unknown = client.post("/_simulator/faults", json={"name": "earthquake"})
        assert (unknown.status_code, "server-error" in unknown.json()["error"]) == (400, True)
