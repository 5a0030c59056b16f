"""Inspects a running container from inside, with the Python of the image."""

import json
from typing import Any

from tools.image_test.stage import STORE, USER, Stage, expect

PROBE = f"""
import json, os, pathlib
def writable(folder):
    try:
        (pathlib.Path(folder) / "probe").touch()
        return True
    except OSError:
        return False
service = next(p.parent for p in pathlib.Path("/proc").glob("*/cmdline") if b"/bin/claude-siem\\0" in p.read_bytes())
status = dict(line.split(":", 1) for line in (service / "status").open())
print(json.dumps({{
    "user": status["Uid"].split() + status["Gid"].split(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "peak": int(status["VmHWM"].split()[0]) / 1024,
    "interfaces": os.listdir("/sys/class/net"),
    "read_only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "writable": [f for f in ("/", "/etc", "/opt/claude-siem", "/run", "/tmp", "{STORE}") if writable(f)],
}}))
"""
HTTP_GET = """
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", 8080, timeout=4)
c.request("GET", sys.argv[1])
sys.stdout.write(c.getresponse().read().decode())
"""


def probe(stage: Stage) -> dict[str, Any]:
    """The confinement of the forwarder process, and its peak memory in MB."""
    found: dict[str, Any] = json.loads(stage.podman("exec", "forwarder", "python", "-c", PROBE))
    return found


def ready(stage: Stage) -> dict[str, Any]:
    """The response of `/readyz`."""
    found: dict[str, Any] = json.loads(stage.podman("exec", "forwarder", "python", "-c", HTTP_GET, "/readyz"))
    return found


def expect_confined(found: dict[str, Any]) -> None:
    """Raises `CheckFailed` when the confinement is not that of `deploy/compose.yaml`."""
    expect("user and group", found["user"], [str(USER)] * 8)
    expect("capabilities", found["capabilities"], 0)
    expect("no new privileges", found["no_new_privileges"], "1")
    expect("network interfaces", found["interfaces"], ["lo"])
    expect("read-only root", found["read_only"], True)
    expect("writable folders", found["writable"], ["/tmp", STORE])  # noqa: S108 (the only writable folders)


def delivered(stage: Stage) -> float:
    """Events that the forwarder counts as delivered; 0 while it does not respond yet."""
    text = stage.podman.attempt("exec", "forwarder", "python", "-c", HTTP_GET, "/metrics").stdout
    lines = [line for line in text.splitlines() if line.startswith("forwarder_delivered_events_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
