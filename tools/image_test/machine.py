"""What the machine must have, by apt where it is missing: podman with runc and an init, mmdebstrap, a Debian mirror."""

import os
import platform
import shutil
import subprocess
from typing import NamedTuple

PROGRAMS = {"podman": "podman", "runc": "runc", "catatonit": "catatonit", "mmdebstrap": "mmdebstrap"}
"""Program: the Debian package that brings it."""


class Unavailable(Exception):
    """Nothing can be proven on this machine; the text says why."""


class Sources(NamedTuple):
    """Where this machine's own apt gets its packages from."""

    suite: str
    lines: tuple[str, ...]
    """As in `sources.list`: `deb URI SUITE COMPONENT`."""


def get_programs() -> None:
    """Install what is missing. Raises `Unavailable` where that cannot be."""
    if os.geteuid():
        raise Unavailable("it needs root: secrets of the image's own user are made, and missing programs installed")
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
    """The mirrors of this Debian, from apt itself. Raises `Unavailable` on another system."""
    if not shutil.which("apt-get"):
        raise Unavailable("the stand-in base image comes from the machine's own Debian mirror, and there is no apt")
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    wanted = ("--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    told = subprocess.run(  # noqa: S603 (fixed command)
        ["apt-get", "indextargets", *wanted],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return of_suite(suite, told.stdout)


def of_suite(suite: str, told: str) -> Sources:
    """The sources of `suite` and what belongs to it (security, updates), from lines `URI RELEASE COMPONENT`."""
    ours = [line for line in told.splitlines() if suite and line.split()[1].split("-")[0] == suite]
    if not ours:
        raise Unavailable(f"apt's sources name no mirror of {suite or 'this system'}")
    return Sources(suite, tuple(f"deb {line}" for line in ours))
