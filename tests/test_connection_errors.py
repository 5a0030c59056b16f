"""Why a connection failed: real failures of real clients, each with address, cause and fix."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from forwarder.connection_errors import explain
from forwarder.simulator import HecServer
from forwarder.simulator.certificates import make_certificate
from tests.faults.connect_proxy import PASSWORD, ConnectProxy

SETTING = "sinks.splunk.url"


@pytest.fixture
def no_tls() -> Iterator[str]:
    """A port that answers every connection with text and no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def by_httpx(url: str, **options: Any) -> str:
    """What is said of a request by httpx, as most clients send it."""
    with httpx.Client(timeout=10, trust_env="proxy" not in options, **options) as client:
        with pytest.raises(httpx.HTTPError) as error:
            client.get(url)
        return explain(error.value, url, SETTING)


def by_azure(url: str, **_: Any) -> str:
    """What is said of a request by Azure's clients."""
    with RequestsTransport(connection_timeout=10) as transport:
        with pytest.raises(AzureError) as error:
            transport.send(HttpRequest("GET", url))
        return explain(error.value, url, SETTING)


CLIENTS = (by_httpx, by_azure)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_port_on_which_nothing_listens(client: Any) -> None:
    text = client("https://127.0.0.1:1")
    assert text.startswith("cannot connect to https://127.0.0.1:1 (connection refused); check that it runs")
    assert SETTING in text


@pytest.mark.parametrize("client", CLIENTS)
def test_a_name_that_does_not_exist(client: Any) -> None:
    text = client("https://nowhere.invalid:8088")
    assert "https://nowhere.invalid:8088 (the name nowhere.invalid cannot be resolved); check the spelling" in text


@pytest.mark.parametrize("client", CLIENTS)
def test_a_certificate_that_nobody_vouches_for(client: Any, tmp_path: Path) -> None:
    with HecServer(tls=make_certificate(tmp_path).context()) as server:
        text = client(server.url)
    assert "(the certificate is not trusted: self-signed certificate in certificate chain)" in text
    assert "set sinks.splunk.ca_file to the authority that issued it" in text


def test_a_certificate_of_another_name(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=certificate.ca)
    with HecServer(tls=certificate.context()) as server:
        text = by_httpx(f"https://127.0.0.2:{server.port}", verify=trust, mounts={"https://": Redirected(trust)})
    assert "not trusted" in text
    assert "a name that it holds" in text


class Redirected(httpx.HTTPTransport):
    """Connects to loopback, whatever name is asked for."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        super().__init__(verify=trust)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport`."""
        request.extensions = {**request.extensions, "sni_hostname": "other.example"}
        request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_port_that_does_not_speak_tls(client: Any, no_tls: str) -> None:
    assert f"{no_tls} (the answer is not TLS); check scheme and port in {SETTING}" in client(no_tls)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_proxy_that_refuses(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy() as proxy:
        proxy.accepts = False
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        text = client("https://splunk.example:8088")
    assert "https://splunk.example:8088 through the proxy 127.0.0.1:" in text
    assert "the proxy refuses: 407" in text
    assert "HTTPS_PROXY" in text
    assert PASSWORD not in text


def test_an_answer_that_stops_in_the_middle() -> None:
    with HecServer() as server:
        server.fault("connection-reset")
        assert "the connection was closed in the middle" in by_httpx(server.url)


def test_what_nobody_has_foreseen_is_named_with_its_own_words() -> None:
    text = explain(RuntimeError("a fault\nof another kind"), "https://h", "sinks.x.url")
    assert text == "no answer from https://h:443 (RuntimeError: a fault of another kind); check sinks.x.url"
