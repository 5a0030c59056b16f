"""One owner a store: an advisory lock beside the file, given back by the kernel when its process ends."""

import fcntl
import os
from pathlib import Path

from forwarder.errors import Misconfigured


class StoreInUse(Misconfigured):
    """Another process owns the store; the text names it."""


class StoreLock:
    """Held from construction until `release`. Raises `StoreInUse` when another process holds it."""

    def __init__(self, store: Path) -> None:
        path = store.with_name(store.name + ".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(f"store.url: {path.parent} cannot be written ({error.strerror})") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _told(self._file)
            os.close(self._file)
            raise StoreInUse(f"store.url: {store} is in use by another forwarder{holder}; stop it first") from None
        _tell(self._file)

    def release(self) -> None:
        """Give the store back."""
        os.close(self._file)


def _tell(file: int) -> None:
    """Write down who holds it. For people: a full disk must not keep the owner from the store."""
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d" % os.getpid(), 0)
    except OSError:
        return


def _told(file: int) -> str:
    number = os.pread(file, 20, 0)
    return f" (process {int(number)})" if number.isdigit() else ""
