"""One owner a store: an advisory lock beside the file, given back by the kernel when its process ends."""

import fcntl
import os
from pathlib import Path

from forwarder.errors import Misconfigured


class StoreLock:
    """Held from construction until `release`. Raises `Misconfigured` when another process holds it."""

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
            os.close(self._file)
            raise Misconfigured(f"store.url: {store} is in use by another forwarder; stop it first") from None

    def release(self) -> None:
        """Give the store back."""
        os.close(self._file)
