"""The benchmark measures what it says: every seam is there, every program delivers, every lost event is noticed."""

import time
from pathlib import Path

import pytest

from forwarder.simulator.stage import Stage
from tools.bench import telemetry
from tools.bench.contenders import Contender, all_of_them, forward
from tools.bench.material import filled, uids
from tools.bench.process import memory, spent
from tools.bench.seams import SEAMS, Seam
from tools.bench.stopwatch import Stopwatch, find
from tools.bench.wire import Wire

PYTHON_ONES = [one for one in all_of_them() if "Node" not in one.name]


def spin(seconds: float) -> None:
    """Use this thread's CPU for a while."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.name)
def test_every_seam_is_a_function_of_the_forwarder(seam: Seam) -> None:
    assert callable(find(seam)[2])


def test_a_stage_is_charged_without_the_stage_it_calls() -> None:
    watch = Stopwatch()
    inner = watch.around("inner", spin)

    def outer() -> None:
        spin(0.01)
        inner(0.03)

    watch.around("outer", outer)()
    charged = watch.spent()
    assert charged["inner"] == pytest.approx(0.03, abs=0.005)
    assert charged["outer"] == pytest.approx(0.01, abs=0.005)


def test_a_stage_that_fails_is_charged_all_the_same() -> None:
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError):
        watch.around("failing", lambda: 1 / 0)()
    assert "failing" in watch.spent()


@pytest.mark.parametrize("contender", PYTHON_ONES, ids=lambda one: f"{one.name} to {one.sink}")
def test_every_program_delivers_every_event_at_the_same_size(contender: Contender) -> None:
    run = forward(contender, 60)
    assert run.sent.events == 60
    assert run.sent.raw_bytes / run.sent.events == pytest.approx(2500, rel=0.15)
    assert 0 < run.sent.wire_bytes < run.sent.raw_bytes
    assert run.spent.cpu_seconds > 0


@pytest.mark.parametrize(("kept", "what"), [(slice(1, None), "1 are missing"), (slice(None), "1 came twice")])
def test_an_event_lost_or_doubled_ends_the_benchmark(tmp_path: Path, kept: slice, what: str) -> None:
    with filled(tmp_path, 10) as stage:
        wire, wanted = Wire(stage.hec), uids(stage)
        stage.hec.delivered.store(sorted(wanted)[kept], [], 0)
        if kept == slice(None):
            stage.hec.delivered.store(sorted(wanted)[:1], [], 0)
        with pytest.raises(RuntimeError, match=what):
            wire.sent(wanted)


def test_an_event_nobody_asked_for_ends_the_benchmark(tmp_path: Path) -> None:
    with Stage(tmp_path, ()) as stage:
        wire = Wire(stage.hec)
        stage.hec.delivered.store([f"stranger-{number}" for number in range(5)], [], 0)
        with pytest.raises(RuntimeError, match="5 unasked"):
            wire.sent(set())


@pytest.mark.parametrize("format_", telemetry.FORMATS)
def test_exporters_at_a_pace_wait_for_every_answer_and_every_record_comes_once(format_: str) -> None:
    taken = telemetry.measure(format_, 300, rate=600)
    assert taken.records >= 300
    assert taken.wall_seconds > 300 / 600
    assert taken.cpu_seconds > 0
    assert 0 < taken.median_ms <= taken.p99_ms


def test_a_program_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(RuntimeError, match="exit 1"):
        spent(["false"])


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert memory(2**22 + 1).resident == 0.0
