"""Podman with storage and settings of its own: what the machine itself runs and keeps is not touched."""

import json
import os
import ssl
import subprocess
from pathlib import Path
from typing import Any

from tools.image_test.machine import Unavailable

STORAGE = """
[storage]
driver = "{driver}"
runroot = "{folder}/run"
graphroot = "{folder}/root"
"""
DRIVERS = ("overlay", "vfs")
"""The first that the file system bears. `vfs` copies every layer, which takes minutes instead of seconds."""
# runc: crun refuses hybrid cgroups. cgroupfs and file: no systemd is needed. No default limits: raising them takes a
# right that containers lack.
CONTAINERS = """
[containers]
default_ulimits = []
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
PIP_SETTINGS = Path("/etc/pip.conf")


class Failed(Exception):
    """A command that had to succeed did not; the text is what it said."""


class Podman:
    """Commands on containers whose storage, in `folder`, is theirs alone. Raises `Unavailable` where podman cannot."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "containers.conf").write_text(CONTAINERS)
        self._environment = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
        }
        self._choose_driver()

    def __call__(self, *arguments: str, seconds: float = 300) -> str:
        """What the command printed. Raises `Failed` with what it complained of."""
        done = self.attempt(*arguments, seconds=seconds)
        if done.returncode:
            raise Failed(f"podman {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def attempt(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """The command, however it ends."""
        return subprocess.run(  # noqa: S603 (our own commands)
            ["podman", *arguments],  # noqa: S607
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def _choose_driver(self) -> None:
        for driver in DRIVERS:
            storage = self._folder / "storage.conf"
            storage.write_text(STORAGE.format(driver=driver, folder=self._folder))
            tried = self.attempt("info")
            if tried.returncode == 0:
                return
        raise Unavailable(f"podman cannot keep images here: {tried.stderr.strip()}")

    def build(self, context: Path, tag: str, *, base: str, pull: bool) -> None:
        """Build `deploy/Dockerfile`. The Docker format, as OCI's has no health check."""
        command = ("build", "--format=docker", "--layers=false", "--isolation=chroot", "--network=host")
        file = context / "deploy" / "Dockerfile"
        arguments = (
            "--pull-always" if pull else "--pull-never",
            "--build-arg",
            f"BASE={base}",
            "--tag",
            tag,
            "--file",
            str(file),
            str(context),
        )
        self(*command, *_of_the_host(), *arguments, seconds=900)

    def inspect(self, image: str) -> dict[str, Any]:
        """What the image says of itself."""
        found: dict[str, Any] = json.loads(self("image", "inspect", image))[0]
        return found

    def clear(self) -> None:
        """End every container, so that nothing is left mounted in the folder."""
        self.attempt("rm", "--all", "--force", "--volumes", "--time", "0")


def _of_the_host() -> list[str]:
    """How pip gets out of this machine, mounted while building and never copied: a proxy's certificate, an index."""
    bundle = ssl.get_default_verify_paths().cafile
    files = [str(file) for file in (bundle, PIP_SETTINGS) if file and Path(file).exists()]
    return [argument for file in files for argument in ("--volume", f"{file}:{file}:ro")]
