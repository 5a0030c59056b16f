"""What all three servers share: stopping, starting again, TLS, and errors of their own."""

import ast
import socket
import ssl
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

import forwarder.simulator
from forwarder.simulator import HEC_TOKEN, FeedServer, HecServer
from forwarder.simulator.certificates import make_certificate
from forwarder.simulator.http import Answer, Request
from tests.simulator.world import PATH, feed_of, issue, names

PEERS = ("forwarder.simulator", "forwarder.records", "forwarder.errors", "forwarder.private_files")


def test_a_stopped_server_refuses_and_starts_again_on_its_port_with_its_state() -> None:
    with feed_of(issue("a", 1)) as (feed, client):
        port = feed.port
        feed.stop()
        with pytest.raises(httpx.ConnectError):
            client.get(PATH)
        feed.start()
        assert feed.port == port
        assert names(client.get(PATH)) == "a"


def test_a_port_in_use_is_an_error_at_once() -> None:
    with HecServer() as hec, pytest.raises(OSError, match="in use"):
        HecServer(port=hec.port).start()


def test_the_collector_uses_tls_with_a_certificate_made_at_start(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate.ca))
    with HecServer(tls=certificate.context()) as hec, httpx.Client(verify=trust) as client:
        headers = {"authorization": f"Splunk {HEC_TOKEN}"}
        answer = client.post(f"{hec.url}/services/collector", content='{"event":"x"}', headers=headers)
        assert (hec.url.split(":")[0], answer.status_code) == ("https", 200)
    assert certificate.key.stat().st_mode & 0o077 == 0


def test_a_chunked_body_is_read_completely() -> None:
    pieces = (piece for piece in (b'{"event":', b'"x"}', b'{"event":"y"}'))
    with HecServer(keep_events=True) as hec:
        httpx.post(f"{hec.url}/services/collector", content=pieces, headers={"authorization": f"Splunk {HEC_TOKEN}"})
        assert [event["event"] for event in hec.events()] == ["x", "y"]


class BrokenServer(FeedServer):
    """A stand-in with an error of its own."""

    def serve(self, request: Request) -> Answer:
        """Fail."""
        raise ZeroDivisionError


def test_an_error_in_the_simulator_fails_the_test_that_uses_it() -> None:
    with pytest.raises(ZeroDivisionError), BrokenServer() as feed:
        assert httpx.get(feed.url + PATH).status_code == 500


def test_the_simulator_imports_nothing_of_the_clients_it_tests() -> None:
    root = Path(forwarder.simulator.__file__).parent
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("forwarder"):
                assert (node.module or "").startswith(PEERS), file


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_what_a_client_sent_before_it_was_gone_is_known_to_be_read(encrypted: bool, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path) if encrypted else None
    with feed_of(issue("a", 1), tls=certificate and certificate.context()) as (feed, _):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", feed.port)) as plain, ExitStack() as stack:
                trust = ssl.create_default_context(cafile=certificate.ca) if certificate else None
                client = stack.enter_context(trust.wrap_socket(plain, server_hostname="localhost")) if trust else plain
                client.sendall(f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        feed.wait_until_read()
        assert len(feed.served()) == 20
