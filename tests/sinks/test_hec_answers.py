"""Every answer of HEC, and of proxies in its place: what each means for a chunk of five events."""

import gzip
from typing import NamedTuple

import httpx
import pytest
from pydantic import SecretStr

from forwarder.errors import Misconfigured, Retry
from forwarder.simulator.hec_protocol import CODES
from forwarder.sinks.splunk import SplunkSettings
from forwarder.sinks.splunk.sink import SplunkSink
from tests.sinks.deliveries import Outcome, chunk, delivery, outcome

TOKEN = "hec-token-never-to-be-seen"
DELIVERED, LATER, EVENT, DESTINATION = "delivered", "later", "event", "destination"

MEANINGS: dict[int, str] = {
    0: DELIVERED,
    1: DESTINATION,
    2: DESTINATION,
    3: DESTINATION,
    4: DESTINATION,
    5: EVENT,
    6: EVENT,
    7: DESTINATION,
    8: LATER,
    9: LATER,
    10: DESTINATION,
    11: DESTINATION,
    12: EVENT,
    13: EVENT,
    14: DESTINATION,
    15: EVENT,
    16: DESTINATION,
    17: DESTINATION,  # health's answer at the event address: something else answers
    18: LATER,
    19: LATER,
    20: LATER,
    21: DESTINATION,
    22: DESTINATION,
    23: LATER,
    24: DELIVERED,
    25: DELIVERED,
    26: LATER,
    27: LATER,
}


class Hec:
    """Gives the first request this answer, every later one success; keeps the requests."""

    def __init__(self, first: httpx.Response) -> None:
        self._first: httpx.Response | None = first
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer, self._first = self._first or httpx.Response(200, json={"text": "Success", "code": 0}), None
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)


class Sent(NamedTuple):
    """A delivery through a sink."""

    outcome: Outcome
    requests: int


def sent(first: httpx.Response, events: int = 5) -> Sent:
    """Deliver a chunk to a HEC that first answers so."""
    hec = Hec(first)
    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN))
    sink = SplunkSink("splunk", settings, httpx.MockTransport(hec))
    result = outcome(sink.deliver(delivery(chunk(events))))
    assert TOKEN not in f"{result}"
    sink.close()
    return Sent(result, len(hec.requests))


def answer(code: int, number: int | None = None, **headers: str) -> httpx.Response:
    """HEC's answer with this code."""
    content = {"text": CODES[code].text, "code": code, **({} if number is None else {"invalid-event-number": number})}
    return httpx.Response(
        CODES[code].status, json=content, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_the_table_holds_every_code() -> None:
    assert sorted(MEANINGS) == sorted(CODES) == list(range(28))


@pytest.mark.parametrize("number", [None, 0, 2, 4, 5, -1])
@pytest.mark.parametrize("code", MEANINGS)
def test_each_code_costs_exactly_the_events_it_is_about(code: int, number: int | None) -> None:
    (position, dead_letters, error), requests = sent(answer(code, number))
    before = number if number is not None and 0 <= number < 5 else 0
    match MEANINGS[code]:
        case "delivered":
            assert (position, dead_letters, error, requests) == (5, [], None, 1)
        case "later":
            assert (position, dead_letters) == (before, [])
            assert type(error) is Retry
        case "destination":
            assert (position, dead_letters) == (0 if code == 17 else before, [])
            assert type(error) is Misconfigured
        case "event":
            assert (position, error) == (5, None)
            named = number is not None and 0 <= number < 5
            assert [letter.uid for letter in dead_letters] == ([f"uid-{number}"] if named else [])


def test_an_event_refused_without_a_number_is_found_by_halving() -> None:
    """The HEC refuses any body that holds the poison event and never names the event."""
    seen: list[int] = []

    def hec(request: httpx.Request) -> httpx.Response:
        raw = gzip.decompress(request.content)
        seen.append(raw.count(b'"claude_uid"'))
        return answer(6) if b'"uid-37"' in raw else answer(0)

    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN))
    sink = SplunkSink("splunk", settings, httpx.MockTransport(hec))
    position, dead_letters, error = outcome(sink.deliver(delivery(chunk(100))))
    assert (position, error) == (100, None)
    assert [(letter.uid, letter.reason) for letter in dead_letters] == [("uid-37", "invalid-data-format")]
    assert len(seen) < 25
    sink.close()


@pytest.mark.parametrize(
    ("code", "words"), [(1, "enable the token"), (4, "set the token"), (7, "index claude is refused")]
)
def test_a_misconfiguration_names_its_fix(code: int, words: str) -> None:
    error = sent(answer(code)).outcome.error
    assert words in str(error)
    assert str(error).startswith("sinks.splunk: ")


@pytest.mark.parametrize("code", [9, 23, 26])
def test_retry_after_is_passed_on(code: int) -> None:
    error = sent(answer(code, retry_after="7")).outcome.error
    assert isinstance(error, Retry)
    assert error.after == 7


HTML = {"content-type": "text/html"}
OTHERS: list[tuple[httpx.Response, type[Exception]]] = [
    (httpx.Response(200, text="<html>Sign in</html>", headers=HTML), Misconfigured),
    (httpx.Response(204), Misconfigured),
    (httpx.Response(301, headers={"location": "https://elsewhere"}), Misconfigured),
    (httpx.Response(401, text="proxy", headers=HTML), Misconfigured),
    (httpx.Response(403, text="proxy", headers=HTML), Misconfigured),
    (httpx.Response(404, json={"text": "The requested URL was not found on this server.", "code": 404}), Misconfigured),
    (httpx.Response(405, text="no"), Misconfigured),
    (httpx.Response(407, text="proxy"), Misconfigured),
    (httpx.Response(415, text="<h1>Unsupported Media Type</h1>", headers=HTML), Misconfigured),
    (httpx.Response(500, text="<h1>oops</h1>", headers=HTML), Retry),
    (httpx.Response(502, text="<h1>Bad Gateway</h1>", headers=HTML), Retry),
    (httpx.Response(503, text=""), Retry),
    (httpx.Response(504, text="upstream timed out"), Retry),
    (httpx.Response(429, text="slow down", headers={"retry-after": "3"}), Retry),
    (httpx.Response(200, json=[]), Misconfigured),
    (httpx.Response(200, json={"code": "0"}), Misconfigured),
    (httpx.Response(200, json={"code": 99, "text": "from the future"}), Misconfigured),
    (httpx.Response(503, json={"code": None}), Retry),
]


@pytest.mark.parametrize(("first", "raised"), OTHERS)
def test_an_answer_of_a_proxy_is_recognized_and_costs_no_event(first: httpx.Response, raised: type[Exception]) -> None:
    (position, dead_letters, error), _ = sent(first)
    assert (position, dead_letters) == (0, [])
    assert type(error) is raised


def test_a_body_too_large_for_a_proxy_is_sent_in_parts() -> None:
    (position, dead_letters, error), requests = sent(httpx.Response(413, text="<h1>413</h1>", headers=HTML))
    assert (position, dead_letters, error) == (5, [], None)
    assert requests >= 3


def test_a_proxy_that_refuses_one_small_event_as_too_large_costs_no_event() -> None:
    (position, dead_letters, error), _ = sent(httpx.Response(413, text="<h1>413</h1>", headers=HTML), events=1)
    assert (position, dead_letters) == (0, [])
    assert type(error) is Retry
