"""What the client does with each response: return it, wait, retry, or report what a person must fix."""

from collections.abc import Iterator

import httpx
import pytest

from forwarder.anthropic import ActivityFeed
from forwarder.anthropic.activity_feed import PAGE
from forwarder.anthropic.client import ATTEMPTS
from forwarder.errors import AccessRefused, ForwarderError, Retry, WindowChanged
from forwarder.http_client import MAX_BACKOFF
from forwarder.records import Window
from tests.anthropic.answers import KEY, PATH, Script, Step, Wait, client, error, good

RESET = httpx.ConnectError("connection reset")
SCOPES = "Missing required scopes. Got: ['read:compliance_user_data'] Needed: ['read:compliance_activities']"

ANSWERS: list[tuple[Step, int, type[ForwarderError]]] = [
    # an answer that stays, how often it is asked for, what is raised
    (error(400, "invalid_request_error"), 1, WindowChanged),
    (error(401, "authentication_error"), 1, AccessRefused),
    (error(403, "permission_error", SCOPES), 1, AccessRefused),
    (error(404, "not_found_error"), 1, Retry),
    (error(409, "conflict_error"), 1, Retry),
    (error(429, "rate_limit_error", retry_after="2"), ATTEMPTS, Retry),
    (error(500), ATTEMPTS, Retry),
    (error(500, x_should_retry="true"), ATTEMPTS, Retry),
    (error(500, x_should_retry="false"), 1, Retry),
    (error(502), ATTEMPTS, Retry),
    (error(503, "overloaded_error"), ATTEMPTS, Retry),
    (error(529, "overloaded_error"), ATTEMPTS, Retry),
    (httpx.Response(502, text="<html>bad gateway</html>"), ATTEMPTS, Retry),
    (httpx.Response(302, headers={"location": "https://login.example"}), 1, Retry),
    (RESET, ATTEMPTS, Retry),
    (httpx.ReadTimeout("slow"), ATTEMPTS, Retry),
    (httpx.RemoteProtocolError("cut off"), ATTEMPTS, Retry),
]


@pytest.mark.parametrize(("answer", "times", "raised"), ANSWERS)
def test_each_response_is_retried_only_if_it_may_pass(answer: Step, times: int, raised: type[ForwarderError]) -> None:
    script = Script([answer])
    with pytest.raises(ForwarderError) as refused:
        client(script).get(PATH, [])
    assert type(refused.value) is raised
    assert len(script.requests) == times


@pytest.mark.parametrize("passing", [error(500), error(429, retry_after="1"), error(529), RESET])
def test_a_transient_failure_is_invisible_to_the_caller(passing: Step) -> None:
    script = Script([passing, passing, good()])
    assert client(script).get(PATH, []).body
    assert len(script.requests) == 3


class Endless(httpx.SyncByteStream):
    """A body that never ends."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b" " * 1000


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(("limit", "value"), [("RESPONSE_BYTES", 10_000), ("RESPONSE_SECONDS", 0.01)])
def test_a_response_without_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: float, status: int
) -> None:
    monkeypatch.setattr(f"forwarder.anthropic.client.{limit}", value)
    with pytest.raises(Retry, match="the response is not complete after"):
        client(lambda request: httpx.Response(status, stream=Endless())).get(PATH, [])


def test_a_redirect_is_not_followed_and_its_host_is_named() -> None:
    script = Script([httpx.Response(307, headers={"location": "https://login.example/path?secret"}), good()])
    with pytest.raises(Retry, match=r"redirect to login\.example, which is not followed; check anthropic.base_url"):
        client(script).get(PATH, [])
    assert len(script.requests) == 1


def test_the_request_is_the_documented_one() -> None:
    script = Script([good()])
    answer = client(script).get(PATH, [("limit", "5000"), ("organization_ids[]", "a"), ("organization_ids[]", "b")])
    (request,) = script.requests
    assert str(request.url).startswith(f"https://api.anthropic.com{PATH}?")
    assert request.url.params.get_list("organization_ids[]") == ["a", "b"]
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["user-agent"].startswith("claude-siem/")
    assert request.headers["cache-control"] == "no-cache"
    assert answer.body


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [({"retry_after": "25"}, 24.9, 25), ({"retry_after_ms": "1500", "retry_after": "9"}, 1.4, 1.5)],
)
def test_throttling_waits_as_long_as_the_server_asks(headers: dict[str, str], least: float, most: float) -> None:
    wait = Wait()
    client(Script([error(429, "rate_limit_error", **headers), good()]), wait).get(PATH, [])
    (waited,) = wait.waits
    assert least < waited <= most


@pytest.mark.parametrize("nonsense", ["soon", "", "inf", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "1e300"])
def test_a_retry_after_that_is_not_a_number_of_seconds_causes_backoff(nonsense: str) -> None:
    wait = Wait()
    client(Script([error(429, "rate_limit_error", retry_after=nonsense), good()]), wait).get(PATH, [])
    assert all(0 <= waited <= 3600 for waited in wait.waits)


def test_backoff_grows_with_jitter_and_is_capped() -> None:
    wait = Wait()
    with pytest.raises(Retry):
        client(Script([error(500)]), wait).get(PATH, [])
    assert len(wait.waits) == ATTEMPTS - 1
    assert all(0.5 <= waited <= MAX_BACKOFF for waited in wait.waits)
    assert wait.waits[0] <= 1 < wait.waits[2]


def test_the_last_retry_after_reaches_the_caller() -> None:
    with pytest.raises(Retry) as refused:
        client(Script([error(429, "rate_limit_error", retry_after="7")])).get(PATH, [])
    assert refused.value.after == 7


def test_an_almost_empty_budget_waits_for_its_reset() -> None:
    wait = Wait()
    spent = {
        "date": "Sat, 21 Nov 2026 10:00:00 GMT",
        "anthropic_ratelimit_requests_remaining": "2",
        "anthropic_ratelimit_requests_reset": "2026-11-21T10:00:25Z",
    }
    asking = client(Script([good(**spent), good()]), wait)
    asking.get(PATH, [])
    assert wait.waits == []
    asking.get(PATH, [])
    (waited,) = wait.waits
    assert 24 < waited <= 25


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [("599", "2026-11-21T10:00:25Z"), ("x", "2026-11-21T10:00:25Z"), ("0", "soon"), ("0", "2026-11-21T09:00:00Z")],
)
def test_a_full_or_unreadable_budget_holds_nothing_back(remaining: str, reset: str) -> None:
    wait = Wait()
    headers = {
        "date": "Sat, 21 Nov 2026 10:00:00 GMT",
        "anthropic_ratelimit_requests_remaining": remaining,
        "anthropic_ratelimit_requests_reset": reset,
    }
    asking = client(Script([good(**headers), good()]), wait)
    asking.get(PATH, [])
    asking.get(PATH, [])
    assert wait.waits == []


def test_a_process_that_stops_does_not_try_again() -> None:
    script = Script([error(500)])
    with pytest.raises(Retry, match="is ending"):
        client(script, Wait(stopping=True)).get(PATH, [])
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk-ant-api03-xyz", "Claude API key"),
        ("sk-ant-admin01-xyz", "Admin API key"),
        ("sk-ant-api01-xyz", "Compliance Access Key"),
        ("something-else", "not accepted"),
    ],
)
def test_a_refused_key_is_named_by_its_setting_and_kind_and_never_shown(key: str, words: str) -> None:
    answer = error(401, "authentication_error", "The API key provided is invalid or has been revoked.")
    with pytest.raises(AccessRefused) as refused:
        client(Script([answer]), key=key).get(PATH, [])
    text = str(refused.value)
    assert "anthropic.compliance_key" in text
    assert words in text
    assert "read:compliance_activities" in text
    assert key not in text


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(AccessRefused, match=r"scope 'read:compliance_activities' is missing") as refused:
        client(Script([error(403, "permission_error", SCOPES)])).get(PATH, [])
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(("answer", "times", "raised"), ANSWERS)
def test_no_error_ever_shows_the_key(answer: Step, times: int, raised: type[ForwarderError]) -> None:
    with pytest.raises(raised) as refused:
        client(Script([answer])).get(PATH, [])
    assert KEY not in f"{refused.value!r}{refused.value.__cause__!r}"


def test_an_api_without_order_is_read_newest_first() -> None:
    """`order` is newer than the API's other parameters: refused once, it is not sent again."""

    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        refused = "order" in request.url.params
        return error(400, "invalid_request_error", "Unknown query parameter: `order`.") if refused else good()

    feed = ActivityFeed(client(handler), ("org_1",), ("noise",))
    feed.page(Window(0, 1_000_000), None)
    feed.page(Window(0, 1_000_000), None)
    assert ["order" in request.url.params for request in asked] == [True, False, False]
    last = asked[-1].url.params
    assert (last["created_at.gte"], last["created_at.lt"]) == (
        "1970-01-01T00:00:00.000000Z",
        "1970-01-01T00:00:01.000000Z",
    )
    assert (last["limit"], last["organization_ids[]"], last["exclude_activity_types[]"]) == (
        str(PAGE),
        "org_1",
        "noise",
    )


def test_a_refused_window_does_not_disable_the_order() -> None:
    """A 400 that also comes without `order` is about something else."""
    script = Script([error(400, "invalid_request_error"), error(400, "invalid_request_error"), good()])
    feed = ActivityFeed(client(script))
    with pytest.raises(WindowChanged):
        feed.page(Window(0, 1), None)
    feed.page(Window(0, 1), None)
    assert "order" in script.requests[-1].url.params
