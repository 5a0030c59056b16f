"""Where the CPU time of the whole chain goes: one run of the forwarder under the stopwatch (`watched`, `seams`)."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.bench.contenders import forward, forwarder


def measure(events: int) -> Mapping[str, float]:
    """CPU seconds by stage, to Splunk. The stopwatch is read once a page or body and stage, never once an event."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name:
        file = Path(name) / "stages.json"
        forward(forwarder("splunk", (sys.executable, "-m", "tools.bench.watched", str(file))), events)
        told: dict[str, float] = json.loads(file.read_text())
        return told
