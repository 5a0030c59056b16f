"""The log on stderr."""

import json
import subprocess
import sys

CRASH = """
import structlog
from forwarder.status import start_log
start_log("json")
held = "a-secret-in-a-local"
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("a thread crashed")
"""


def test_a_crash_is_one_json_line_with_its_traceback_and_without_the_values_of_its_frames() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    entry = json.loads(line)
    assert entry["event"] == "a thread crashed"
    assert "ValueError: broken" in entry["exception"]
    assert "a-secret-in-a-local" not in line
