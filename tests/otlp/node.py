"""The OpenTelemetry SDKs for JavaScript, installed by their lock files."""

import subprocess
from pathlib import Path

from tools.node import install, node

HERE = Path(__file__).parent / "js"
VERSIONS = ("0.57", "0.203", "0.223")
"""Of the exporters; a folder each."""


def send(version: str, endpoint: str, format_: str, compression: str) -> None:
    """Runs the client. Fails where its export failed."""
    install(HERE / version)
    command: list[str | Path] = [node(), HERE / "client.js", version, endpoint, format_, compression]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
