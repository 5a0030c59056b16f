"""The end of the receiver: requests are answered, and what does not end delays nothing."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from forwarder.records import Event
from tests.otlp.world import Recorder, fields, json_logs, post, receiver

HALF_A_REQUEST = b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
LONG = 30.0
"""Seconds; far more than a stop takes, also on a loaded machine."""


class HangingCommit(Recorder):
    """A commit waits for `gate`, however long that takes."""

    def __call__(self, events: Sequence[Event]) -> None:
        self.asked.release()
        self.gate.wait()


def test_a_stop_waits_for_no_request_that_is_half_read_and_for_no_commit_that_does_not_end() -> None:
    commit = HangingCommit()
    commit.gate.clear()
    with receiver(commit) as server, ThreadPoolExecutor(1) as pool, socket.create_connection(server.address) as half:
        half.sendall(HALF_A_REQUEST)
        asked = pool.submit(post, server, json_logs(fields(1)))
        assert commit.asked.acquire(timeout=LONG)
        stopping = threading.Thread(target=server.stop, args=(0.2,))
        stopping.start()
        stopping.join(LONG)
        assert not stopping.is_alive()
        commit.gate.set()
        assert isinstance(asked.exception(LONG), OSError)
