"""A volume of a few megabytes: a tmpfs in a user namespace of its own, which takes no privileges on most machines.

What runs with `prefix` sees the volume at `folder`; everybody else sees it at `outside`.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

import pytest

_MOUNT = 'mount -t tmpfs -o "size=$1,mode=0700" claude-siem "$2" && echo mounted && exec cat'
_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")


class SmallVolume:
    """A context manager; the volume ends with it. Skips the test where the machine allows no user namespaces."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._size = size
        self._holder: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        if not all(map(shutil.which, ("unshare", "nsenter", "mount"))):
            pytest.skip("a small volume needs unshare, nsenter and mount of util-linux")
        self.folder.mkdir()
        command = [*_UNSHARE, "sh", "-c", _MOUNT, "sh", str(self._size), str(self.folder)]
        pipe = subprocess.PIPE
        self._holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self._holder.stdout
        if self._holder.stdout.readline() != "mounted\n":
            _, error = self._holder.communicate()
            pytest.skip(f"a small volume needs a user namespace with a tmpfs: {error.strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._holder:
            self._holder.communicate()

    @property
    def prefix(self) -> list[str]:
        """What a command begins with to see the volume."""
        assert self._holder
        enter = ["nsenter", f"--target={self._holder.pid}", "--user", "--mount", "--preserve-credentials"]
        return [*enter, f"--wd={Path.cwd()}"]

    @property
    def outside(self) -> Path:
        """The volume's root, for this process."""
        assert self._holder
        return Path(f"/proc/{self._holder.pid}/root{self.folder}")

    def free(self) -> int:
        """Bytes that are free."""
        state = os.statvfs(self.outside)
        return state.f_bavail * state.f_frsize

    def fill(self, leave: int = 0) -> Path:
        """Another program writes until so many bytes are free; the file it wrote."""
        ballast = self.outside / "ballast"
        with ballast.open("ab", buffering=0) as file:
            while (size := min(self.free() - leave, 1 << 20)) > 0:
                file.write(b"\xff" * size)
        return ballast
