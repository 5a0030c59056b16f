"""How a server is set up: its limits, its certificate, its socket."""

import resource
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from forwarder.errors import Misconfigured
from forwarder.http_server.messages import Endpoint, Protocol

_BACKLOG = 512
_DESCRIPTOR_SHARE = 4
"""A server's connections take no more than this part of the process's file descriptors: store and sinks need them."""
_ALPN: dict[Protocol, list[str]] = {"HTTP/1.1": ["http/1.1", "h2"], "HTTP/2": ["h2", "http/1.1"]}
"""What is offered, best first. The protocol that is not served is offered so that its client gets an answer."""


@dataclass(frozen=True)
class HttpLimits:
    """How much a server takes from one client and from all together. Sizes in bytes, times in seconds.

    A client is an address: behind a proxy or NAT many people are one.
    """

    header_bytes: int = 16 * 1024
    """Of a request's line and headers together."""
    body_bytes: int = 8 * 1024 * 1024
    """Of a body as it comes over the wire."""
    waiting_bytes: int = 32 * 1024 * 1024
    """Of the bodies of all requests that have no response yet."""
    in_flight: int = 128
    """Requests that have no response yet, of all clients."""
    in_flight_a_client: int = 16
    connections: int = 1024
    connections_a_client: int = 128
    header_seconds: float = 10.0
    """Until a connection's first byte, until the headers of a request are complete, and for the TLS handshake."""
    idle_seconds: float = 75.0
    """Between two requests of a connection. OTLP exporters send each 5 s to 60 s."""
    body_seconds: float = 20.0
    """Until a body is complete; also until a response is taken."""
    retry_after: int = 5
    """Seconds after which a client may try again, where the server has no room."""

    def affordable_connections(self) -> int:
        """`connections`, or fewer where the process may open only few files."""
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if descriptors == resource.RLIM_INFINITY:
            return self.connections
        return min(self.connections, max(1, descriptors // _DESCRIPTOR_SHARE))


class Tls(NamedTuple):
    """PEM files of the server's own certificate and, for mTLS, of the authorities of its clients' certificates."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def context(self, protocol: Protocol = "HTTP/1.1") -> ssl.SSLContext:
        """For a server of this protocol. Raises `Misconfigured` for files that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(_ALPN[protocol])
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(self.client_ca)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in self if file)
            raise Misconfigured(
                f"TLS: cannot use {files} ({error}); check that they are PEM files that match"
            ) from None
        return context


Listener = tuple[Endpoint, socket.socket, ssl.SSLContext | None]


def listeners(endpoints: Sequence[Endpoint], tls: Tls | None) -> list[Listener]:
    """The socket and TLS of each address, all of them or none. Raises `Misconfigured`."""
    contexts = [tls.context(endpoint.protocol) if tls else None for endpoint in endpoints]
    opened: list[Listener] = []
    try:
        for endpoint, context in zip(endpoints, contexts, strict=True):
            opened.append((endpoint, listening_socket(endpoint.setting, *endpoint.listen), context))
    except BaseException:
        for _, listener, _ in opened:
            listener.close()
        raise
    return opened


def listening_socket(setting: str, host: str, port: int) -> socket.socket:
    """A listening socket. Raises `Misconfigured`, which names the setting that holds the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"{setting}: cannot listen on {host}:{port} ({error.strerror}); choose another address or port, "
            f"or stop the program that uses it"
        ) from None
    return listener
