"""The HEC's answers: who may send, what is stored, and the code for what is refused."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from forwarder.simulator import HEC_TOKEN, HecServer

PATH = "/services/collector/event"


@pytest.fixture
def hec() -> Iterator[HecServer]:
    with HecServer(keep_events=True) as server:
        yield server


@pytest.fixture
def client(hec: HecServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hec.url, headers={"authorization": f"Splunk {HEC_TOKEN}"}) as client:
        yield client


def envelope(uid: str, **fields: Any) -> str:
    return json.dumps({"time": 1.5, "index": "claude", "event": {"metadata": {"uid": uid}}, **fields})


@pytest.mark.parametrize("joint", ["\n", "", " \r\n "])
def test_concatenated_envelopes_are_stored_with_any_separator(joint: str, hec: HecServer, client: httpx.Client) -> None:
    answer = client.post(PATH, content=joint.join(envelope(uid) for uid in "abca"))
    assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})
    assert hec.uids() == {"a": 2, "b": 1, "c": 1}
    assert [event["event"]["metadata"]["uid"] for event in hec.events()] == ["a", "b", "c", "a"]


def test_gzip_is_accepted_and_other_encodings_are_not(hec: HecServer, client: httpx.Client) -> None:
    packed = gzip.compress(envelope("a").encode()) + gzip.compress(envelope("b").encode())
    assert client.post(PATH, content=packed, headers={"content-encoding": "gzip"}).status_code == 200
    assert hec.uids() == {"a": 1, "b": 1}
    refused = client.post(PATH, content=packed, headers={"content-encoding": "br"})
    assert (refused.status_code, refused.headers["content-type"].split(";")[0]) == (415, "text/html")
    broken = client.post(PATH, content=packed[:-9], headers={"content-encoding": "gzip"})
    assert broken.json()["code"] == 6


def test_an_array_of_envelopes_is_a_batch_too(hec: HecServer, client: httpx.Client) -> None:
    assert client.post(PATH, content=f"[{envelope('a')}, {envelope('b')}]").status_code == 200
    assert hec.uids() == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("authorization", "query", "status", "code"),
    [
        (None, "", 401, 2),
        (None, "?token=wrong", 403, 4),
        (None, f"?token={HEC_TOKEN}", 400, 16),
        (f"Bearer {HEC_TOKEN}", "", 401, 3),
        ("Splunk wrong", "", 403, 4),
        (f"Splunk {HEC_TOKEN}", "", 200, 0),
        ("Basic eDoxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU=", "", 200, 0),
    ],
)
def test_a_wrong_or_missing_token_is_refused_with_its_code(
    authorization: str | None, query: str, status: int, code: int, hec: HecServer
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = httpx.post(hec.url + PATH + query, content=envelope("a"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_disabled_token_is_refused_until_it_is_enabled(hec: HecServer, client: httpx.Client) -> None:
    client.post("/_simulator/token/disable")
    assert client.post(PATH, content=envelope("a")).json() == {"text": "Token disabled", "code": 1}
    client.post("/_simulator/token/enable")
    assert client.post(PATH, content=envelope("a")).status_code == 200


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("{not json", 6),
        ("17", 6),
        ('{"time": 1}', 12),
        ('{"event": null}', 12),
        ('{"event": ""}', 13),
        ('{"event": "x", "index": "main"}', 7),
        ('{"event": "x", "time": "soon"}', 6),
        ('{"event": "x", "fields": 7}', 6),
        ('{"event": "x", "fields": {"a": {"b": 1}}}', 15),
    ],
)
def test_events_before_the_refused_one_are_stored_and_its_number_is_returned(
    bad: str, code: int, hec: HecServer, client: httpx.Client
) -> None:
    body = "\n".join([envelope("a"), envelope("b"), bad, envelope("c")])
    answer = client.post(PATH, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["invalid-event-number"] == 2
    assert hec.uids() == {"a": 1, "b": 1}


def test_paths_methods_sizes_and_health(hec: HecServer, client: httpx.Client) -> None:
    assert client.post("/services/collector", content=envelope("a")).status_code == 200
    assert client.post("/services/nothing").json()["code"] == 404
    assert client.get(PATH).status_code == 405
    assert client.post(PATH, content="  \n").json() == {"text": "No data", "code": 5}
    assert httpx.get(hec.url + "/services/collector/health").json() == {"text": "HEC is healthy", "code": 17}
    hec.max_bytes = 10
    too_large = client.post(PATH, content=envelope("a"))
    assert (too_large.status_code, too_large.text[:15]) == (413, "<!doctype html>")


@pytest.mark.parametrize(
    ("fault", "status", "code", "stored"),
    [
        ("busy", 503, 9, 0),
        ("at-capacity", 429, 26, 0),
        ("near-capacity", 200, 24, 1),
        ("internal-error", 500, 8, 0),
        ("shutting-down", 503, 23, 0),
        ("token-disabled", 403, 1, 0),
        ("token-invalid", 403, 4, 0),
    ],
)
def test_each_fault_answers_with_its_code(
    fault: str, status: int, code: int, stored: int, hec: HecServer, client: httpx.Client
) -> None:
    hec.fault(fault, retry_after=3)
    answer = client.post(PATH, content=envelope("a"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert hec.delivered.summary()["events"] == stored
    assert client.post(PATH, content=envelope("a")).json()["code"] == 0


def test_a_lost_answer_was_stored_and_a_reset_was_not(hec: HecServer, client: httpx.Client) -> None:
    hec.fault("answer-lost")
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(PATH, content=envelope("a"))
    hec.fault("connection-reset")
    with pytest.raises(httpx.TransportError):
        client.post(PATH, content=envelope("b"))
    assert hec.uids() == {"a": 1}


def test_a_proxy_page_is_html(hec: HecServer, client: httpx.Client) -> None:
    hec.fault("proxy-unavailable", times=2)
    answers = [client.post(PATH, content=envelope("a")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].text.startswith("<html>")


def test_one_event_is_refused_with_its_number_or_the_whole_batch_without(hec: HecServer, client: httpx.Client) -> None:
    body = "\n".join(envelope(uid) for uid in ["a", "poison", "c"])
    hec.fault("refuse-event", contains="poison", times=2)
    assert client.post(PATH, content=body).json()["invalid-event-number"] == 1
    assert client.post(PATH, content=envelope("b")).status_code == 200
    hec.fault("refuse-event", number=2, numbered=False, code=15)
    answer = client.post(PATH, content=body).json()
    assert answer == {"text": "Error in handling indexed fields", "code": 15}
    assert hec.uids() == {"a": 1, "b": 1}


def test_an_acknowledgement_is_given_once_when_the_event_is_indexed() -> None:
    channel = "0ef1f3c8-0000-4000-8000-00000000abcd"
    headers = {"authorization": f"Splunk {HEC_TOKEN}"}
    with HecServer(use_ack=True, ack_delay=30) as hec, httpx.Client(base_url=hec.url, headers=headers) as client:
        assert client.post(PATH, content=envelope("a")).json()["code"] == 10
        assert client.post(PATH, params={"channel": "x"}, content=envelope("a")).json()["code"] == 11
        client.headers["x-splunk-request-channel"] = channel
        assert client.post(PATH, content=envelope("a")).json()["ackId"] == 0
        assert client.post(PATH, content=envelope("b")).json()["ackId"] == 1
        asked = {"acks": [0, 7]}
        answers = []
        for pause in (0, 31, 0):
            hec.clock.advance(pause)
            answers.append(client.post("/services/collector/ack", json=asked).json()["acks"])
        assert answers == [{"0": False, "7": False}, {"0": True, "7": False}, {"0": False, "7": False}]


def test_acknowledgement_is_refused_where_it_is_off(client: httpx.Client) -> None:
    assert client.post("/services/collector/ack", json={"acks": [0]}).json()["code"] == 14
