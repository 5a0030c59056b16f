"""Who owns the file: a lock that the kernel gives back, and a lease with a generation in the store itself.

The generation is what protects: each owner raises it, and every transaction of an owner needs its own to be there. The
lock only lets a new owner start without waiting: it is free as soon as its process has ended, however that ended. An
owner that holds the lock but has not renewed its lease is paused, and is replaced too.

The lease ends by the machine's monotonic clock, which all its processes share and which nobody can set. It is compared
only within one boot.
"""

import fcntl
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from forwarder.errors import Misconfigured
from forwarder.private_files import make_folder, open_descriptor
from forwarder.store.values import Lease, StoreInUse

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_COLUMNS = "owner, generation, boot, expires_ms"


class Held(NamedTuple):
    """The lease as the store has it."""

    owner: str
    generation: int
    boot: str
    expires_ms: int

    def is_over(self) -> bool:
        """Whether it was not renewed in time, as far as this machine can know."""
        return self.boot == boot() and self.expires_ms < _now_ms()


class OwnerLock:
    """An advisory lock on a file beside the store. Raises `StoreInUse` while an owner holds it that is not paused.

    In place of a lock that a paused owner holds a new one is put (`confirm`) once the lease is taken.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._new: Path | None = None
        try:
            make_folder(store.parent)
            self._file = open_descriptor(self._path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise Misconfigured(f"store.url: {store.parent} cannot be written ({error.strerror})") from None
        if not _locked(self._file):
            self._take_over(store)
        elif not self.is_held():
            os.close(self._file)
            raise StoreInUse(f"store.url: {store} is being opened by another forwarder; stop it first")
        _write_pid(self._file)

    @property
    def takes_over(self) -> bool:
        """Whether a paused owner holds the lock that is there now."""
        return self._new is not None

    def confirm(self) -> None:
        """The lease is taken: the lock that is there from now on is this one."""
        if self._new:
            self._new.replace(self._path)
            self._new = None

    def is_held(self) -> bool:
        """Whether the lock that is there now is this one."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except OSError:
            return False

    def release(self) -> None:
        """Give the lock back."""
        with suppress(OSError):
            os.close(self._file)
        if self._new:
            self._new.unlink(missing_ok=True)

    def _take_over(self, store: Path) -> None:
        """Make a lock to be put in place of the one that a paused owner holds."""
        held, holder = read_lease(store), _pid(self._file)
        os.close(self._file)
        if held is None or not held.is_over():
            raise StoreInUse(f"store.url: {store} is in use by another forwarder{holder}; stop it first")
        self._new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        self._file = open_descriptor(self._new, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        _locked(self._file)


def take(db: sqlite3.Connection, *, takes_over: bool) -> Lease:
    """Own the store, within the caller's transaction. Raises `StoreInUse` when another process was quicker."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM lease").fetchall()  # noqa: S608 (constant)
    held = Held(*rows[0]) if rows else None
    if held and takes_over and not held.is_over():
        raise StoreInUse(f"store.url: the store is in use by another forwarder ({held.owner}); stop it first")
    lease = Lease(f"process {os.getpid()}", held.generation + 1 if held else 1)
    write(db, lease)
    return lease


def write(db: sqlite3.Connection, lease: Lease) -> None:
    """Put or renew a lease, within the caller's transaction."""
    ends_ms = _now_ms() + int(LEASE_SECONDS * 1000)
    db.execute(f"REPLACE INTO lease (one, {_COLUMNS}) VALUES (1, ?, ?, ?, ?)", (*lease, boot(), ends_ms))  # noqa: S608


def read_lease(store: Path) -> Held | None:
    """The lease in a store that another process has open; `None` where none can be read."""
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return Held(*db.execute(f"SELECT {_COLUMNS} FROM lease").fetchone())  # noqa: S608 (constant)
    except (sqlite3.Error, TypeError):
        return None


def boot() -> str:
    """Changes when the machine is started anew; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_pid(file: int) -> None:
    """For people: a full disk must not keep the owner from the store."""
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d" % os.getpid(), 0)


def _pid(file: int) -> str:
    number = os.pread(file, 20, 0)
    return f" (process {int(number)})" if number.isdigit() else ""
