"""A request whose decoding never ends costs itself: others are served, it is reported, and nothing waits for it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.server import Meter, OtlpServer
from forwarder.otlp.workers import StuckWorkers
from forwarder.records import Receipt
from tests.otlp.world import RECEIPT, Recorder, fields, json_logs, post, receiver

LIMITS = OtlpLimits(step_seconds=0.5, abandoned=1, commit_seconds=1.5)


class Endless(tuple[str, ...]):
    """Labels of a receipt that are not read to their end while the gate is closed."""

    gate: threading.Event

    def __iter__(self) -> Iterator[str]:
        self.gate.wait(30)
        return iter(())


class Stuck(Meter):
    """Records the stuck workers reported to it. The receipts of the first requests make their workers stuck."""

    def __init__(self, number: int) -> None:
        self.reports: list[StuckWorkers | bool] = []
        self.gate = threading.Event()
        self._left = number

    def stuck(self, workers: StuckWorkers) -> None:
        self.reports.append(workers)

    def late(self, late: bool) -> None:
        self.reports.append(late)

    def receipt(self) -> Receipt:
        if not self._left:
            return RECEIPT
        self._left -= 1
        labels = Endless(("x",))
        labels.gate = self.gate
        return RECEIPT._replace(labels=labels)


@contextmanager
def stuck(number: int) -> Iterator[tuple[OtlpServer, Stuck, Recorder]]:
    """A receiver whose first requests never end, and what it reports."""
    meter, recorder = Stuck(number), Recorder()
    try:
        with receiver(recorder, LIMITS, meter.receipt, meter=meter) as server:
            yield server, meter, recorder
    finally:
        meter.gate.set()


def test_a_request_that_never_ends_is_refused_and_another_worker_takes_over() -> None:
    with stuck(1) as (server, meter, recorder):
        reply = post(server, json_logs(fields()))
        assert (reply.status, reply.json["message"]) == (400, "not decoded within 0.5 s; do not send it again")
        assert meter.reports == [StuckWorkers(1, replaced=True)]
        assert post(server, json_logs(fields(1))).status == 200
    assert len(recorder.events) == 1


def test_a_worker_that_ends_after_all_is_stuck_no_more() -> None:
    with stuck(1) as (server, meter, recorder):
        assert post(server, json_logs(fields())).status == 400
        meter.gate.set()
        until_reported(meter, StuckWorkers(0, replaced=True))
        assert post(server, json_logs(fields(1))).status == 200
    assert len(recorder.events) == 1, "what was refused is not committed"


def test_workers_are_not_abandoned_without_end() -> None:
    with stuck(2) as (server, meter, recorder):
        assert [post(server, json_logs(fields(n))).status for n in range(2)] == [400, 400]
        assert meter.reports[-1] == StuckWorkers(2, replaced=False)
        assert post(server, json_logs(fields(2))).status == 503
        assert sum(thread.name == "otlp-decode" for thread in threading.enumerate()) == 2
        meter.gate.set()
        until_reported(meter, StuckWorkers(0, replaced=True))
        assert post(server, json_logs(fields(3))).status == 200
    assert len(recorder.events) == 1


def test_the_receiver_stops_while_a_worker_is_stuck() -> None:
    with stuck(1) as (server, meter, _), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, server, json_logs(fields()))
        until_reported(meter, StuckWorkers(1, replaced=True))
        server.stop(0.1)
        with suppress(OSError):  # disconnected where the response had not left yet
            assert waiting.result(10).status == 400
        assert not meter.gate.is_set(), "the stop did not wait for it"


def test_a_commit_that_does_not_end_is_reported_until_it_has() -> None:
    meter, recorder = Stuck(0), Recorder()
    recorder.gate.clear()
    with receiver(recorder, OtlpLimits(commit_seconds=0.2), meter=meter) as server:
        assert post(server, json_logs(fields())).status == 503
        until_reported(meter, True)
        recorder.gate.set()
        until_reported(meter, False)
        assert post(server, json_logs(fields(1))).status == 200


def until_reported(meter: Stuck, report: StuckWorkers | bool) -> None:
    """Until it is the last report."""
    deadline = time.monotonic() + 20
    while not meter.reports or meter.reports[-1] != report:
        assert time.monotonic() < deadline, meter.reports
        time.sleep(0.01)
