"""Runs commands as a user does: in a process, with exit code and output."""

import os
import subprocess
import sys
from pathlib import Path

from forwarder.simulator import COMPLIANCE_KEY
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import HEC_TOKEN

WRONG = "never-to-be-seen"
SECRETS = (COMPLIANCE_KEY, CLIENT_SECRET, HEC_TOKEN, WRONG)


def claude_siem(*arguments: object, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to the end. The output must never contain a secret or a traceback."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**clean_environment(), **environment},
    )
    output = done.stdout + done.stderr
    assert "Traceback" not in output, output
    assert not any(secret in output for secret in SECRETS), output
    return done


def command(*arguments: object) -> list[str]:
    """The command line of `claude-siem` with these arguments."""
    return [sys.executable, "-m", "forwarder", *map(str, arguments)]


def clean_environment() -> dict[str, str]:
    """The environment without variables of claude-siem."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLAUDE_SIEM")}


def settings_file(folder: Path, text: str) -> Path:
    """Write a settings file."""
    file = folder / "claude-siem.yaml"
    file.write_text(text)
    return file
