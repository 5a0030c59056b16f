"""The undici pipeline as a command, with its one dependency installed in `build/`."""

import shutil
from pathlib import Path

from tools.node import install, node

PEERS = Path(__file__).parent / "peers"
CACHE = Path(__file__).parents[2] / "build" / "bench-node"
_FILES = ("package.json", "package-lock.json", "undici_pipeline.mjs")


def program() -> list[str]:
    """The command, installed where it was not. Raises `RuntimeError` where npm cannot."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(PEERS / name, CACHE / name)
    install(CACHE)
    return [node(), str(CACHE / "undici_pipeline.mjs")]
