"""A TCP proxy that resets connections in the middle of a request."""

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

_LINGER_ZERO = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Forwards connections to `port`; resets the first `cuts` connections after `after` bytes from the client.

    A context manager. `cuts` counts down the connections still to be reset.
    """

    def __init__(self, port: int, *, cuts: int, after: int) -> None:
        self.cuts = cuts
        self._after = after
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

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
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                cut, self.cuts = self.cuts > 0, max(0, self.cuts - 1)
                left = self._after if cut else None
                threading.Thread(target=self._forward, args=(client, server, left), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, None), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, left: int | None) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536 if left is None else min(left, 65_536)):
                target.sendall(piece)
                left = None if left is None else left - len(piece)
                if left == 0:
                    break
            for one in (source, target):
                if left == 0:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
                    one.close()
                else:
                    one.shutdown(socket.SHUT_RDWR)
