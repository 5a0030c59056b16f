"""Start to first delivery: from exec of `claude-siem run` to the first activity confirmed by the sink, wall clock."""

import signal
import tempfile
import time
from pathlib import Path

from tools.bench.material import filled, uids
from tools.bench.process import FORWARDER, start

EVENTS = 100
_POLL = 0.002
_LONGEST = 60.0


def measure(runs: int) -> list[float]:
    """Seconds, a figure a run on an empty store, the quickest first."""
    return sorted(_once() for _ in range(runs))


def _once() -> float:
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, filled(Path(name), EVENTS) as stage:
        wanted = uids(stage)
        config = stage.write(stage.settings(sinks=["splunk"]))
        began = time.monotonic()
        process = start([*FORWARDER, "run", "--config", str(config)])
        try:
            while wanted.isdisjoint(stage.hec.uids()):
                if time.monotonic() - began > _LONGEST:
                    raise RuntimeError(f"nothing was delivered within {_LONGEST:.0f} s")
                time.sleep(_POLL)
            return time.monotonic() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
