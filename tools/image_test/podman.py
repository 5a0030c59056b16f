"""Podman with its own storage and settings; containers and images of the machine are not touched."""

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
"""The first driver that the file system supports is used. `vfs` copies every layer, which takes minutes."""
# runc: crun refuses hybrid cgroups. cgroupfs and file: work without systemd. No default limits: raising them needs a
# capability that containers lack.
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
    """A command failed; the message is its output."""


class Podman:
    """Runs podman commands with storage in `folder`. Raises `Unavailable` when podman cannot store images there."""

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
        """The output of a command. Raises `Failed` when it fails."""
        done = self.attempt(*arguments, seconds=seconds)
        if done.returncode:
            raise Failed(f"podman {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def attempt(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """The result of a command, successful or not."""
        return subprocess.run(  # noqa: S603 (constant commands)
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
        raise Unavailable(f"podman cannot store images here: {tried.stderr.strip()}")

    def build(self, context: Path, tag: str, *, base: str, pull: bool) -> None:
        """Build `deploy/Dockerfile`, in the Docker format, because the OCI format has no health check."""
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
        self(*command, *_host_mounts(), *arguments, seconds=900)

    def inspect(self, image: str) -> dict[str, Any]:
        """The metadata of an image."""
        found: dict[str, Any] = json.loads(self("image", "inspect", image))[0]
        return found

    def clear(self) -> None:
        """Remove every container, so that nothing stays mounted in the folder."""
        self.attempt("rm", "--all", "--force", "--volumes", "--time", "0")


def _host_mounts() -> list[str]:
    """Certificates and pip settings of this machine, mounted during the build and never copied into the image."""
    bundle = ssl.get_default_verify_paths().cafile
    files = [str(file) for file in (bundle, PIP_SETTINGS) if file and Path(file).exists()]
    return [argument for file in files for argument in ("--volume", f"{file}:{file}:ro")]
