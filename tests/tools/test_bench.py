"""The benchmarks: every timed function exists, every program delivers, lost and duplicated events are detected."""

import time
from pathlib import Path

import pytest

from forwarder.simulator.stage import Stage
from tools.bench import telemetry
from tools.bench.contenders import Contender, all_contenders, forward
from tools.bench.dataset import expected_uids, stage_with
from tools.bench.process import memory, run_to_exit
from tools.bench.seams import SEAMS, Seam
from tools.bench.stopwatch import Stopwatch, resolve
from tools.bench.traffic import TrafficMeter

PYTHON_CONTENDERS = [contender for contender in all_contenders() if "Node" not in contender.name]


def spin(seconds: float) -> None:
    """Use the CPU in this thread for `seconds`."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.name)
def test_every_timed_function_exists_in_the_forwarder(seam: Seam) -> None:
    assert callable(resolve(seam)[2])


def test_the_time_of_a_stage_excludes_nested_stages() -> None:
    stopwatch = Stopwatch()
    inner = stopwatch.wrap("inner", spin)

    def outer() -> None:
        spin(0.01)
        inner(0.03)

    stopwatch.wrap("outer", outer)()
    seconds = stopwatch.seconds()
    assert seconds["inner"] == pytest.approx(0.03, abs=0.005)
    assert seconds["outer"] == pytest.approx(0.01, abs=0.005)


def test_a_stage_that_fails_is_timed_too() -> None:
    stopwatch = Stopwatch()
    with pytest.raises(ZeroDivisionError):
        stopwatch.wrap("failing", lambda: 1 / 0)()
    assert "failing" in stopwatch.seconds()


@pytest.mark.parametrize("contender", PYTHON_CONTENDERS, ids=lambda contender: f"{contender.name} to {contender.sink}")
def test_every_program_delivers_every_event_at_the_same_size(contender: Contender) -> None:
    run = forward(contender, 60)
    assert run.sent.events == 60
    assert run.sent.raw_bytes / run.sent.events == pytest.approx(2500, rel=0.15)
    assert 0 < run.sent.wire_bytes < run.sent.raw_bytes
    assert run.cost.cpu_seconds > 0


@pytest.mark.parametrize(("kept", "what"), [(slice(1, None), "1 missing"), (slice(None), "1 duplicated")])
def test_a_lost_or_duplicated_event_fails_the_benchmark(tmp_path: Path, kept: slice, what: str) -> None:
    with stage_with(10, tmp_path) as stage:
        traffic, expected = TrafficMeter(stage.hec), expected_uids(stage)
        stage.hec.delivered.store(sorted(expected)[kept], [], 0)
        if kept == slice(None):
            stage.hec.delivered.store(sorted(expected)[:1], [], 0)
        with pytest.raises(RuntimeError, match=what):
            traffic.sent(expected)


def test_an_unexpected_event_fails_the_benchmark(tmp_path: Path) -> None:
    with Stage(tmp_path, ()) as stage:
        traffic = TrafficMeter(stage.hec)
        stage.hec.delivered.store([f"unexpected-{number}" for number in range(5)], [], 0)
        with pytest.raises(RuntimeError, match="5 unexpected"):
            traffic.sent(set())


@pytest.mark.parametrize("format_", telemetry.FORMATS)
def test_exporters_at_a_fixed_rate_get_every_response_and_every_record_is_delivered_once(format_: str) -> None:
    result = telemetry.measure(format_, 300, rate=600)
    assert result.records >= 300
    assert result.wall_seconds > 300 / 600
    assert result.cpu_seconds > 0
    assert 0 < result.median_ms <= result.p99_ms


def test_a_program_that_fails_fails_the_benchmark() -> None:
    with pytest.raises(RuntimeError, match="exit 1"):
        run_to_exit(["false"])


def test_the_memory_of_an_ended_process_is_zero() -> None:
    assert memory(2**22 + 1).resident == 0.0
