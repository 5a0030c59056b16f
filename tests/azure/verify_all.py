"""`claude-siem sentinel verify` over every test case of every rule, against the stand-ins: `make verify-test-cases`."""

import sys
import tempfile
from pathlib import Path

from tests.azure.world import sentinel_command, world


def main() -> int:
    """Print the output of the command; its exit code."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as cloud:
        done = sentinel_command("verify", "--config", cloud.file(), "--no-progress", "--yes")
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
