"""Startup time: from exec of `claude-siem run` to the first activity delivered to the sink, wall clock."""

import signal
import tempfile
import time
from pathlib import Path

from tools.bench.dataset import expected_uids, stage_with
from tools.bench.process import FORWARDER, start

EVENTS = 100
_POLL = 0.002
_TIMEOUT = 60.0


def measure(runs: int) -> list[float]:
    """Seconds of each run with an empty store, sorted."""
    return sorted(_once() for _ in range(runs))


def _once() -> float:
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, stage_with(EVENTS, Path(name)) as stage:
        expected = expected_uids(stage)
        config = stage.write(stage.settings(sinks=["splunk"]))
        started = time.monotonic()
        process = start([*FORWARDER, "run", "--config", str(config)])
        try:
            while expected.isdisjoint(stage.hec.uids()):
                if time.monotonic() - started > _TIMEOUT:
                    raise RuntimeError(f"nothing was delivered within {_TIMEOUT:.0f} s")
                time.sleep(_POLL)
            return time.monotonic() - started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
