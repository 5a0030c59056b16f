"""Who may send, and from where."""

import http.client
import ssl
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured
from forwarder.http_server import Tls
from forwarder.otlp.server import OtlpServer
from forwarder.simulator.certificates import Certificate, make_certificate
from tests.otlp.world import JSON, RECEIPT, Recorder, fields, json_logs, post, receiver


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def server(host: str, **settings: object) -> OtlpServer:
    return OtlpServer((host, 0), Recorder(), lambda: RECEIPT, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - that is what is refused
def test_beyond_loopback_a_token_or_client_certificates_are_required(host: str, certificate: Certificate) -> None:
    with pytest.raises(Misconfigured, match="bearer token"):
        server(host)
    with pytest.raises(Misconfigured, match="bearer token"):
        server(host, tls=Tls(certificate.chain, certificate.key))
    server(host, token=lambda: "t").stop()
    server(host, tls=Tls(certificate.chain, certificate.key, certificate.ca)).stop()


def test_on_loopback_no_token_is_needed() -> None:
    with receiver(Recorder()) as open_server:
        assert post(open_server, json_logs(fields())).status == 200


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    first = server("127.0.0.1")
    with pytest.raises(Misconfigured, match="cannot listen on"):
        OtlpServer(first.address, Recorder(), lambda: RECEIPT)
    first.stop()


def test_files_that_are_no_certificate_are_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    with pytest.raises(Misconfigured, match=r"x\.pem"):
        server("127.0.0.1", tls=Tls(tmp_path / "x.pem", tmp_path / "x.pem"))


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic Z29vZA==", "good", "Bearer ", "Bearer gööd"])
def test_a_wrong_token_is_refused_before_the_body_is_read(given: str | None) -> None:
    recorder = Recorder()
    with receiver(recorder, token=lambda: "good") as guarded:
        headers = {} if given is None else {"Authorization": given}
        reply = post(guarded, json_logs(fields()) * 2000, **headers)
    assert (reply.status, recorder.commits) == (401, [])
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert b"good" not in reply.body


def test_a_changed_token_counts_at_once_and_a_missing_one_admits_nobody() -> None:
    tokens: list[str | None] = ["old"]
    with receiver(Recorder(), token=lambda: tokens[0]) as guarded:
        statuses = []
        for token in ("old", "new", None):
            tokens[0] = token
            statuses.append(post(guarded, json_logs(fields()), Authorization="bearer new").status)
    assert statuses == [401, 200, 401]


def exchange(guarded: OtlpServer, context: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("localhost", guarded.address[1], timeout=5, context=context)
    try:
        connection.request("POST", "/v1/logs", json_logs(fields()), {"Content-Type": JSON})
        return connection.getresponse().status
    finally:
        connection.close()


def test_with_client_certificates_only_their_holders_may_send(certificate: Certificate, tmp_path: Path) -> None:
    recorder, stranger = Recorder(), make_certificate(tmp_path)
    with receiver(recorder, tls=Tls(certificate.chain, certificate.key, certificate.ca)) as guarded:
        context = ssl.create_default_context(cafile=str(certificate.ca))
        with pytest.raises((ssl.SSLError, OSError)):
            exchange(guarded, context)
        context.load_cert_chain(stranger.chain, stranger.key)
        with pytest.raises((ssl.SSLError, OSError)):
            exchange(guarded, context)
        context.load_cert_chain(certificate.chain, certificate.key)
        assert exchange(guarded, context) == 200
    assert len(recorder.events) == 1
