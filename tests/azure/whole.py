"""`claude-siem sentinel verify` over every story of every rule, against the stand-ins: `make stories`."""

import sys
import tempfile
from pathlib import Path

from tests.azure.world import sentinel_command, world


def main() -> int:
    """Prints what the command says; its exit code."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as cloud:
        done = sentinel_command("verify", "--config", cloud.file(), "--no-progress", "--yes")
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
