"""`python -m tools.image_test [--base IMAGE]`: build the image, run it confined, say what is proven.

Without `--base` a stand-in for the official Python image is made from the machine's own Debian mirror. Exit code:
0 proven, 1 not so, 77 skipped: this machine cannot build or run containers, and nothing is said of the image.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from tools.image_test import stand_in
from tools.image_test.context import copy_project
from tools.image_test.machine import Unavailable, get_programs, sources
from tools.image_test.podman import Failed, Podman
from tools.image_test.proofs import PROOFS
from tools.image_test.stage import NotProven, Stage

IMAGE = "localhost/claude-siem:tested"
SKIPPED = 77
T = TypeVar("T")


def main() -> None:
    """Print a line a step and leave with the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="the base image, by digest; it is pulled")
    arguments = parser.parse_args()
    try:
        _step("podman and mmdebstrap are here", get_programs)
        with tempfile.TemporaryDirectory(prefix="claude-siem-image-") as folder:
            _prove(Path(folder), arguments.base)
    except Unavailable as reason:
        _tell(f"SKIPPED, nothing is proven of the image: {reason}")
        sys.exit(SKIPPED)
    except (Failed, NotProven, subprocess.SubprocessError) as fault:
        _tell(f"FAILED: {fault}")
        sys.exit(1)
    _tell("proven" if arguments.base else "proven, on a stand-in for the official base image")


def _prove(folder: Path, base: str | None) -> None:
    podman = Podman(folder)
    context = copy_project(folder / "context")
    try:
        chosen = base or _step("a stand-in base is made", lambda: stand_in.make(podman, folder, sources()))
        _step("the image is built", lambda: podman.build(context, IMAGE, base=chosen, pull=bool(base)))
        (folder / "stage").mkdir()
        shutil.copy(context / "deploy" / "claude-siem.yaml", folder / "stage")
        stage = Stage(podman, IMAGE, folder / "stage")
        for proof in PROOFS:
            _step(proof.__name__.replace("_", " "), partial(proof, stage))
    finally:
        podman.clear()


def _step(name: str, do: Callable[[], T]) -> T:
    began = time.monotonic()
    told = do()
    _tell(f"{time.monotonic() - began:6.1f} s  {name}" + (f": {told}" if told else ""))
    return told


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
