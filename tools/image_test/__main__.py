"""`python -m tools.image_test [--base IMAGE]`: build the image, run it confined, and check it.

Without `--base`, a replacement of the official Python image is made from the Debian mirror of this machine. Exit code:
0 passed, 1 failed, 77 skipped because this machine cannot build or run containers.
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
from tools.image_test.checks import CHECKS
from tools.image_test.context import copy_project
from tools.image_test.machine import Unavailable, get_programs, sources
from tools.image_test.podman import Failed, Podman
from tools.image_test.stage import CheckFailed, Stage

IMAGE = "localhost/claude-siem:tested"
SKIPPED = 77
T = TypeVar("T")


def main() -> None:
    """Run all steps and print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="base image by digest; it is pulled")
    arguments = parser.parse_args()
    try:
        _step("podman and mmdebstrap are installed", get_programs)
        with tempfile.TemporaryDirectory(prefix="claude-siem-image-") as folder:
            _run_checks(Path(folder), arguments.base)
    except Unavailable as reason:
        _print(f"SKIPPED, the image was not tested: {reason}")
        sys.exit(SKIPPED)
    except (Failed, CheckFailed, subprocess.SubprocessError) as fault:
        _print(f"FAILED: {fault}")
        sys.exit(1)
    _print("passed" if arguments.base else "passed, with a replacement of the official base image")


def _run_checks(folder: Path, base: str | None) -> None:
    podman = Podman(folder)
    context = copy_project(folder / "context")
    try:
        base_image = base or _step("a base image is made", lambda: stand_in.make(podman, folder, sources()))
        _step("the image is built", lambda: podman.build(context, IMAGE, base=base_image, pull=bool(base)))
        (folder / "stage").mkdir()
        shutil.copy(context / "deploy" / "claude-siem.yaml", folder / "stage")
        stage = Stage(podman, IMAGE, folder / "stage")
        for check in CHECKS:
            _step(check.__name__.replace("_", " "), partial(check, stage))
    finally:
        podman.clear()


def _step(name: str, action: Callable[[], T]) -> T:
    started = time.monotonic()
    result = action()
    _print(f"{time.monotonic() - started:6.1f} s  {name}" + (f": {result}" if result else ""))
    return result


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
