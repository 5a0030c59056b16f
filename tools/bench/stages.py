"""CPU time by stage: one run of the forwarder with a stopwatch around the functions of each stage (`seams`).

`python -m tools.bench.stages FILE ARGUMENT...` runs `claude-siem ARGUMENT...` with the stopwatch. At exit it writes the
CPU seconds by stage to FILE as JSON; time outside all stages is `REST`.
"""

import atexit
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from forwarder.cli import main
from tools.bench.seams import REST, SEAMS
from tools.bench.stopwatch import Stopwatch, install


def measure(events: int) -> Mapping[str, float]:
    """CPU seconds by stage, with Splunk as the sink. Stages are timed per page or body, never per event."""
    # Here, so that the measured process does not import the simulator.
    from tools.bench.contenders import forward, forwarder

    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name:
        file = Path(name) / "stages.json"
        forward(forwarder("splunk", (sys.executable, "-m", "tools.bench.stages", str(file))), events)
        seconds: dict[str, float] = json.loads(file.read_text())
        return seconds


def _run() -> None:
    file = Path(sys.argv.pop(1))
    stopwatch = Stopwatch()
    for seam in SEAMS:
        install(stopwatch, seam)
    stopwatch.watch_garbage()
    atexit.register(_write, stopwatch, file)
    main()


def _write(stopwatch: Stopwatch, file: Path) -> None:
    seconds = dict(stopwatch.seconds())
    file.write_text(json.dumps({**seconds, REST: time.process_time() - sum(seconds.values())}))


if __name__ == "__main__":
    _run()
