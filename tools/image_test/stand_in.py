"""A base image made from Debian packages, for machines without access to a registry. Not the official Python image."""

import subprocess
from pathlib import Path

from tools.image_test.machine import Sources
from tools.image_test.podman import Failed, Podman

NAME = "localhost/claude-siem-stand-in-base"
PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"
CHANGES = (
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LABEL description=stand-in-for-the-official-python-slim-image",
)


def make(podman: Podman, folder: Path, sources: Sources) -> str:
    """Make the image; returns its name with digest, as a release names its base."""
    tar = folder / "base.tar"
    options = ("--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io", f"--include={PACKAGES}")
    done = subprocess.run(  # noqa: S603 (mirrors of this machine)
        ["mmdebstrap", *options, sources.suite, str(tar), *sources.lines],  # noqa: S607
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Failed(f"mmdebstrap: {done.stderr}")
    changes = [argument for change in CHANGES for argument in ("--change", change)]
    podman("import", "--quiet", *changes, str(tar), NAME)
    tar.unlink()
    return f"{NAME}@{podman('image', 'inspect', '--format', '{{.Digest}}', NAME).strip()}"
