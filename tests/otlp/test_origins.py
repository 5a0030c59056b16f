"""CORS: which web pages may send telemetry, as Office add-ins do."""

from typing import Any

import pytest

from tests.otlp.browser import fetch_from_page
from tests.otlp.world import Counted, Recorder, Reply, fields, json_logs, post, receiver

PAGE = "https://pivot.claude.ai"
PREFLIGHT = {"method": "OPTIONS", "Access_Control_Request_Method": "POST"}
WANTED = {"Access_Control_Request_Headers": "authorization,content-type"}


def asked(*origins: str, path: str = "/v1/traces", **request: Any) -> tuple[Reply, Recorder]:
    """The reply to one request, of a receiver with a token that allows these origins."""
    recorder = Recorder()
    with receiver(recorder, token=lambda: "good", origins=origins) as server:
        return post(server, request.pop("body", b""), path, **request), recorder


def test_an_allowed_page_is_answered_its_preflight_without_a_token() -> None:
    reply, _ = asked(PAGE, **PREFLIGHT, **WANTED, Origin=PAGE)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert reply.headers["access-control-allow-methods"] == "POST"
    assert reply.headers["access-control-allow-headers"] == "authorization,content-type"
    assert int(reply.headers["access-control-max-age"]) <= 600
    assert reply.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin",
    ["https://pivot.claude.ai.attacker.example", "http://pivot.claude.ai", "null", "", "https://Pivot.claude.ai"],
)
@pytest.mark.parametrize("allowed", [(PAGE,), ()])
def test_other_pages_are_refused_their_preflight_and_their_requests(origin: str, allowed: tuple[str, ...]) -> None:
    for request in (
        {**PREFLIGHT, **WANTED},
        {"body": json_logs(fields()), "path": "/v1/logs", "Authorization": "Bearer good"},
    ):
        reply, recorder = asked(*allowed, **request, Origin=origin)
        assert (reply.status, recorder.commits) == (403, [])
        assert "access-control-allow-origin" not in reply.headers
        assert "sources.otlp.allowed_origins" in reply.body.decode(errors="replace")


def test_a_page_sends_with_its_token_and_may_read_every_answer() -> None:
    body = json_logs(fields())
    reply, recorder = asked(PAGE, body=body, path="/v1/logs", Authorization="Bearer good", Origin=PAGE)
    assert (reply.status, len(recorder.events)) == (200, 1)
    refused, _ = asked(PAGE, body=body, path="/v1/logs", Origin=PAGE)
    assert refused.status == 401
    for answer in (reply, refused):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_programs_that_are_no_browsers_are_not_affected() -> None:
    for origins in ((), (PAGE,)):
        reply, recorder = asked(*origins, body=json_logs(fields()), path="/v1/logs", Authorization="Bearer good")
        assert (reply.status, len(recorder.events)) == (200, 1)
        assert reply.headers.get("vary") == ("Origin" if origins else None)


def test_a_preflight_is_for_a_path_that_exists_and_an_options_that_is_none_needs_the_token() -> None:
    assert asked(PAGE, **PREFLIGHT, Origin=PAGE, path="/v1/nothing")[0].status == 401
    assert asked(PAGE, method="OPTIONS", Origin=PAGE)[0].status == 401
    assert asked(PAGE, method="OPTIONS", Origin=PAGE, Authorization="Bearer good")[0].headers["allow"] == "POST"
    assert asked(PAGE, **PREFLIGHT)[0].status == 401


@pytest.mark.parametrize("wanted", ["a, b, x-y", "a,b"])
def test_the_names_of_headers_that_a_page_wants_to_send_are_repeated(wanted: str) -> None:
    reply, _ = asked(PAGE, **PREFLIGHT, Access_Control_Request_Headers=wanted, Origin=PAGE)
    assert reply.headers["access-control-allow-headers"] == wanted


@pytest.mark.parametrize("wanted", ["x" * 65, ",".join(["a"] * 33), "a;b", "a\tb", "\xe4", "*", ""])
def test_a_list_that_is_long_or_none_is_not_repeated(wanted: str) -> None:
    reply, _ = asked(PAGE, **PREFLIGHT, Access_Control_Request_Headers=wanted, Origin=PAGE)
    assert (reply.status, "access-control-allow-headers" in reply.headers) == (204, False)


def test_a_page_from_outside_may_reach_a_receiver_on_a_private_network() -> None:
    reply, _ = asked(PAGE, **PREFLIGHT, Origin=PAGE, Access_Control_Request_Private_Network="true")
    assert reply.headers["access-control-allow-private-network"] == "true"


def test_refused_pages_are_reported_by_their_reason() -> None:
    meter = Counted()
    with receiver(Recorder(), meter=meter, origins=(PAGE,)) as server:
        post(server, Origin="https://attacker.example", **PREFLIGHT)  # type: ignore[arg-type]
    assert meter.refusals == [("127.0.0.1", "origin")]


def test_in_a_real_browser_an_allowed_page_sends_and_another_cannot() -> None:
    recorder, meter = Recorder(), Counted()
    with receiver(recorder, token=lambda: "good", origins=(PAGE,), meter=meter) as server:
        url = f"http://127.0.0.1:{server.address[1]}/v1/logs"
        assert fetch_from_page(PAGE, url, "good", json_logs(fields())) == {"status": 200}
        assert fetch_from_page(PAGE, url, "wrong", json_logs(fields())) == {"status": 401}
        assert "error" in fetch_from_page("https://attacker.example", url, "good", json_logs(fields()))
    assert len(recorder.events) == 1
    assert [reason for _, reason in meter.refusals] == ["wrong-token", "origin"]
