"""Requirements: podman with runc and an init, mmdebstrap, a Debian mirror. Installs missing programs by apt."""

import os
import platform
import shutil
import subprocess
from typing import NamedTuple

PROGRAMS = {"podman": "podman", "runc": "runc", "catatonit": "catatonit", "mmdebstrap": "mmdebstrap"}
"""Debian package by program."""


class Unavailable(Exception):
    """The image cannot be tested on this machine; the message says why."""


class Sources(NamedTuple):
    """The package sources of this machine."""

    suite: str
    lines: tuple[str, ...]
    """As in `sources.list`: `deb URI SUITE COMPONENT`."""


def get_programs() -> None:
    """Install missing programs. Raises `Unavailable` when that is not possible."""
    if os.geteuid():
        raise Unavailable("root is required, to create secrets of the image's user and to install missing programs")
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not missing:
        return
    needed = " ".join(missing)
    if not shutil.which("apt-get"):
        raise Unavailable(f"{needed} are missing, and there is no apt-get to install them")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        done = subprocess.run(  # noqa: S603 (fixed command, package names from the table above)
            ["apt-get", "-qq", *command],  # noqa: S607
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Unavailable(f"apt-get {' '.join(command)}: {done.stderr.strip()}")


def sources() -> Sources:
    """The Debian mirrors of this machine, from apt. Raises `Unavailable` on another system."""
    if not shutil.which("apt-get"):
        raise Unavailable("without apt there is no Debian mirror to make a base image from; give one with --base")
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    wanted = ("--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    done = subprocess.run(  # noqa: S603 (fixed command)
        ["apt-get", "indextargets", *wanted],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return of_suite(suite, done.stdout)


def of_suite(suite: str, targets: str) -> Sources:
    """The sources of `suite`, its security and updates, from lines `URI RELEASE COMPONENT`."""
    matching = [line for line in targets.splitlines() if suite and line.split()[1].split("-")[0] == suite]
    if not matching:
        raise Unavailable(f"the sources of apt have no mirror of {suite or 'this system'}")
    return Sources(suite, tuple(f"deb {line}" for line in matching))
