"""A corporate proxy: CONNECT tunnels with basic authentication, to hosts that only it finds."""

import base64
import socket
import threading
from contextlib import suppress
from typing import Self

from forwarder.simulator.certificates import DOMAIN

USER, PASSWORD = "forwarder", "proxy-password-never-shown"
_HEAD_LIMIT = 65_536


class ConnectProxy:
    """Listens on loopback; a context manager. `accepts` may be changed at any time.

    It finds the hosts of `DOMAIN`, all of them on loopback, and no other.
    """

    def __init__(self) -> None:
        self.accepts = True
        self.tunnels: list[str] = []
        """The targets of the tunnels, as `host:port`."""
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{USER}:{PASSWORD}@{self.address}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            head = _head_of(client)
            method, target, *_ = head.split()
            if method != "CONNECT" or not self.accepts or not _authenticated(head):
                self.refused += 1
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
                client.close()
                return
            self.tunnels.append(target)
            host, _, port = target.rpartition(":")
            if not host.endswith(f".{DOMAIN}"):
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", int(port)))
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_forward, args=(server, client), daemon=True).start()
            _forward(client, server)


def _head_of(client: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
        head += client.recv(4096)
    return head.decode("latin-1")


def _authenticated(head: str) -> bool:
    wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return f"proxy-authorization: basic {wanted}".lower() in head.lower()


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
