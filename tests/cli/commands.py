"""The commands as a user runs them: a process, its exit code and what it said."""

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
    """Run to the end. A secret or a traceback in what it says is always wrong."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**clean_environment(), **environment},
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert not any(secret in said for secret in SECRETS), said
    return done


def command(*arguments: object) -> list[str]:
    """The command line of `claude-siem` with these arguments."""
    return [sys.executable, "-m", "forwarder", *map(str, arguments)]


def clean_environment() -> dict[str, str]:
    """The environment without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLAUDE_SIEM")}


def settings_file(folder: Path, text: str) -> Path:
    """A settings file."""
    file = folder / "claude-siem.yaml"
    file.write_text(text)
    return file
