"""The log on stderr."""

import json
import subprocess
import sys

CRASH = """
import structlog
from forwarder.status import start_log
start_log("json")
local = "a-secret-in-a-local"
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("a thread crashed")
"""


def test_a_crash_is_one_json_line_with_a_traceback_but_without_local_values() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    logged = json.loads(line)
    assert logged["event"] == "a thread crashed"
    assert "ValueError: broken" in logged["exception"]
    assert "a-secret-in-a-local" not in line
