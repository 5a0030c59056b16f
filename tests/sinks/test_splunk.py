"""The request that leaves for Splunk: headers, gzip, envelopes as the wire contract has them."""

import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from forwarder.errors import Misconfigured, Retry
from forwarder.records import STREAMS, Event, Stream
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.sinks.splunk import SplunkSettings
from forwarder.sinks.splunk.sink import INDEXED_FIELDS, SplunkSink
from forwarder.store import Packed, pack
from tests.sinks.deliveries import TIME_MS, body, chunk, delivery, key_fields, outcome

TOKEN = "hec-token-never-to-be-seen"
SUCCESS = {"text": "Success", "code": 0}
DECODER = json.JSONDecoder()


class Splunk:
    """Takes everything and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=SUCCESS)

    def envelopes(self) -> list[dict[str, Any]]:
        """Every envelope of every request, read as Splunk reads them: one JSON value after the other."""
        found = []
        for request in self.requests:
            text, at = gzip.decompress(request.content).decode(), 0
            while at < len(text):
                envelope, at = DECODER.raw_decode(text, at)
                found.append(envelope)
                at += len(text[at:]) - len(text[at:].lstrip())
        return found


def sink(splunk: Splunk, **settings: Any) -> SplunkSink:
    """A sink on it."""
    known = {"url": "https://splunk.example:8088", "token": SecretStr(TOKEN), **settings}
    return SplunkSink("splunk", SplunkSettings(**known), httpx.MockTransport(splunk))


def test_the_request_is_the_documented_one() -> None:
    splunk = Splunk()
    assert outcome(sink(splunk).deliver(delivery())).position == 3
    (request,) = splunk.requests
    assert str(request.url) == "https://splunk.example:8088/services/collector/event"
    assert request.method == "POST"
    assert request.headers["authorization"] == f"Splunk {TOKEN}"
    assert request.headers["content-encoding"] == "gzip"
    assert uuid.UUID(request.headers["x-splunk-request-channel"])


@pytest.mark.parametrize("stream", STREAMS)
def test_an_envelope_has_index_source_and_time_and_the_unchanged_event(stream: Stream) -> None:
    splunk = Splunk()
    outcome(sink(splunk, index="sec", indexes={"agent": "robots"}).deliver(delivery(chunk(2, stream))))
    first, second = splunk.envelopes()
    where = {"activity": "sec", "usage": "sec_usage", "agent": "robots", "content": "sec_content"}
    assert first["index"] == where[stream]
    assert (first["source"], first["sourcetype"]) == ("claude:activities", "ocsf:anthropic:claude")
    assert first["host"]
    assert (first["time"], second["time"]) == (1775808550.123, 1775808550.124)
    assert first["event"] == orjson.loads(body(0))
    assert second["fields"] == {
        "claude_class": 6001,
        "claude_activity": 1,
        "claude_code": "claude_chat_created",
        "claude_user": "ada@example.com",
        "claude_actor": "user_1",
        "claude_org": "org-uuid",
        "claude_src": "192.0.2.34",
        "claude_object": "chat_1",
        "claude_object_type": "Chat",
        "claude_model": "claude-opus",
        "claude_tokens": 1234,
        "claude_uid": "uid-1",
    }
    assert [field for field, _ in INDEXED_FIELDS] == list(second["fields"])


def test_a_key_field_without_a_value_is_no_indexed_field() -> None:
    blank = dict.fromkeys(("user", "actor_uid", "organization", "src_ip", "object_uid", "object_type", "model"))
    event = Event("activity", key_fields(0, **blank, tokens=0), body(0))
    splunk = Splunk()
    outcome(sink(splunk).deliver(delivery(next(pack("activities", [Packed(event, 0, 0)])))))
    (envelope,) = splunk.envelopes()
    assert set(envelope["fields"]) == {"claude_class", "claude_activity", "claude_code", "claude_tokens", "claude_uid"}


@given(st.integers(-(10**14), 10**14), st.text(st.characters(codec="utf-8")), st.integers(-(2**63), 2**63 - 1))
def test_no_value_of_an_event_breaks_its_envelope(time_ms: int, text: str, number: int) -> None:
    event = Event(
        "activity", key_fields(0, time_ms=time_ms, user=text, tokens=number), body(0, text=text, count=number)
    )
    splunk = Splunk()
    outcome(sink(splunk).deliver(delivery(next(pack("activities", [Packed(event, 0, 0)] * 3)))))
    for envelope in splunk.envelopes():
        assert envelope["time"] == max(time_ms, 0) / 1000
        assert envelope["event"] == {**orjson.loads(body(0)), "text": text, "count": number}
        assert envelope["fields"]["claude_user"] == text
    assert len(splunk.envelopes()) == 3


def test_bodies_stay_within_512_kib_and_a_larger_event_goes_alone() -> None:
    packed = [Packed(Event("activity", key_fields(n), body(n, text="x" * size)), n, n) for n, size in enumerate(SIZES)]
    splunk = Splunk()
    for each in pack("activities", packed):
        assert outcome(sink(splunk).deliver(delivery(each))).error is None
    raw = [gzip.decompress(request.content) for request in splunk.requests]
    assert all(len(one) <= 512 * 1024 or one.count(b'"claude_uid"') == 1 for one in raw)
    assert len(splunk.envelopes()) == len(SIZES)


SIZES = [1000] * 300 + [200_000, 300_000, 2_000_000, 100, 399_000, 399_000, 100]


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.ReadError("reset")])
def test_a_destination_that_is_down_is_tried_later(fault: httpx.HTTPError) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise fault

    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN))
    broken = SplunkSink("splunk", settings, httpx.MockTransport(down))
    position, dead_letters, error = outcome(broken.deliver(delivery()))
    assert (position, dead_letters) == (0, [])
    assert type(error) is Retry
    assert "sinks.splunk" in str(error)


def test_a_token_is_read_again_with_every_body(tmp_path: Path) -> None:
    file, splunk = tmp_path / "token", Splunk()
    file.write_text("first\n")
    sending = sink(splunk, token=None, token_file=file)
    version = sending.credential_version()
    outcome(sending.deliver(delivery()))
    file.write_text("second, longer".replace(", ", "-"))
    assert sending.credential_version() != version
    outcome(sending.deliver(delivery()))
    assert [r.headers["authorization"] for r in splunk.requests] == ["Splunk first", "Splunk second-longer"]
    file.unlink()
    assert isinstance(outcome(sending.deliver(delivery())).error, Misconfigured)


def test_a_hec_accepts_the_envelopes() -> None:
    """Over real HTTP, to a HEC that checks envelopes as documented."""
    with HecServer(keep_events=True) as hec:
        real = SplunkSink("splunk", SplunkSettings(url=hec.url, token=SecretStr(HEC_TOKEN)))
        assert outcome(real.deliver(delivery(chunk(50)))).position == 50
        assert "index claude" in real.check(chunk(1))
        assert set(hec.uids()) == {f"uid-{n}" for n in range(50)}
        assert hec.events()[0]["time"] == TIME_MS / 1000
        hec.fault("refuse-event", contains='"uid-30"')
        position, dead_letters, error = outcome(real.deliver(delivery(chunk(50))))
        assert (position, [letter.uid for letter in dead_letters], error) == (50, ["uid-30"], None)
        hec.disable_token()
        with pytest.raises(Misconfigured, match="enable the token"):
            real.check(chunk(1))
        real.close()


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}])
def test_an_endless_answer_is_read_up_to_its_bound_and_costs_no_event(headers: dict[str, str]) -> None:
    """Or one that is endless only when it is decompressed."""
    body = gzip.compress(b" " * 100_000_000) if headers else b" " * 2_000_000
    with HecServer() as hec:
        hec.fault("answer", body=body, headers=headers)
        real = SplunkSink("splunk", SplunkSettings(url=hec.url, token=SecretStr(HEC_TOKEN)))
        position, dead_letters, error = outcome(real.deliver(delivery()))
        assert (position, dead_letters) == (0, [])
        assert type(error) is (Misconfigured if headers else Retry)
        assert outcome(real.deliver(delivery())).error is None
        real.close()


def test_only_what_was_asked_for_is_acknowledged() -> None:
    acks = {"0": True, "1": True, "2": False, "3": "true", "4": 1, "nonsense": True, "9" * 5000: True}

    def splunk(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"acks": acks})

    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN))
    asking = SplunkSink("splunk", settings, httpx.MockTransport(splunk))
    assert asking.acknowledged("channel", "", [1, 2, 3, 4, 5]) == {1}


@pytest.mark.parametrize("ack", [True, -1, "0", 1.5, 2**63, [0]])
def test_what_is_taken_under_no_number_is_sent_again(ack: object) -> None:
    def splunk(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**SUCCESS, "ackId": ack})

    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN))
    position, dead_letters, error = outcome(
        SplunkSink("splunk", settings, httpx.MockTransport(splunk)).deliver(delivery())
    )
    assert (position, dead_letters, type(error)) == (0, [], Retry)


def test_what_is_taken_without_a_number_although_one_is_required_is_kept() -> None:
    def splunk(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"acks": {}} if request.url.path.endswith("/ack") else SUCCESS)

    settings = SplunkSettings(url="https://splunk.example:8088", token=SecretStr(TOKEN), ack="on")
    requiring = SplunkSink("splunk", settings, httpx.MockTransport(splunk))
    position, _, error = outcome(requiring.deliver(delivery()))
    assert (position, type(error)) == (0, Misconfigured)
