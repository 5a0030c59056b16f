"""The file in the hands of its owner: made, upgraded, leased, and replaced when it is damaged.

Invariants:
- A damaged file is set aside, never deleted; `recovered` says where it went.
- Only who holds the lock that is there now sets a file aside: a paused owner never touches its successor's.
- Rows of a file that follows a damaged one have numbers that no row of the damaged one had.
- The file at the path is the one that is open: deleted or replaced, also by a whole store, it counts as damaged.
- The file is private before SQLite writes to it, which gives its log the same mode.
"""

import glob
import os
import random
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.private_files import open_descriptor, tighten
from forwarder.store.sqlite import lease
from forwarder.store.sqlite.database import SETTINGS, Damaged, Database, is_out_of_room, sorted_faults
from forwarder.store.sqlite.disk_space import PAGE_BYTES
from forwarder.store.sqlite.migrate import migrate, refuse_newer
from forwarder.store.values import Lease, LeaseLost, StoreFault, StoreInUse

_NUMBERED = ("chunk", "pending_ack")
"""Tables whose numbers other threads may still hold."""
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock", ".reserve", ".damaged-*")
"""Behind the store's name: what belongs to it."""
_GIVING_SECONDS = 0.25
"""For which unused pages are given back at once, before others get their turn."""
_CONVERTED_BYTES = 32 * 1024 * 1024
"""A store with more in use is converted later: that is done in memory."""


class OwnedDatabase(Database):
    """Owns the file from construction until `close`. `replaced` is called when another file is in its place.

    Raises `StoreInUse` and `Misconfigured`.
    """

    def __init__(self, path: Path, replaced: Callable[[], None]) -> None:
        super().__init__(path)
        self.recovered: Path | None = None
        self.lease = Lease("", 0)
        self._replaced = replaced
        self._renewed = 0.0
        self._opened: tuple[int, int] | None = None
        """What identifies the file that is open."""
        self._lock = lease.OwnerLock(path)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """See `Database.close`."""
        super().close()
        self._lock.release()

    def check_owned(self) -> None:
        """See `Database.check_owned`; renews the lease when that is due."""
        if not self.renew_when_due():
            super().check_owned()

    def renew_when_due(self) -> bool:
        """Prove the file and renew the lease, if it is time for it. Raises `LeaseLost`."""
        self._prove_path()
        if time.monotonic() - self._renewed < lease.RENEW_SECONDS:
            return False
        with suppress(StoreUnavailable), self.lock:
            self._prove_file()
            with self.transaction() as db:
                lease.write(db, self.lease)
            self._renewed = time.monotonic()
            self.give_back()
        return True

    def give_back(self) -> None:
        """Give unused pages back to the volume, some at a time, and make the reserve again."""
        until = time.monotonic() + _GIVING_SECONDS
        with suppress(StoreUnavailable), self.lock:
            pages = 1
            while pages and time.monotonic() < until:
                tight = self.space.is_tight()
                if pages := self.space.pages_to_give_back(self.unused_pages()):
                    with self.transaction() as db:
                        for _ in range(pages):
                            db.execute("PRAGMA incremental_vacuum(1)")
                if tight or pages:
                    self.empty_log()
                self.space.restore()

    def damaged(self, damage: Damaged) -> None:
        """Set the file aside and go on with a new one. Raises `LeaseLost` when the file is another owner's by now."""
        self.disconnect()
        try:
            if not self._lock.is_held():
                raise self._lost()
            self.recovered = self._set_aside()
        except OSError as error:
            raise StoreUnavailable(f"store.url: {self.path} is damaged and cannot be set aside: {error}") from damage
        self.ready()

    def connect(self) -> sqlite3.Connection:
        """A connection to the file, which is made where there is none, upgraded, and owned."""
        again = self.generation is not None
        if again and not self._lock.is_held():
            raise self._lost()
        try:
            connection = self._connected()
        except StoreUnavailable as error:
            if not (is_out_of_room(error) and self.space.release()):
                raise
            connection = self._connected()
        self._connection = connection
        self._opened = self._identity(self.path)
        self.space.restore()
        if again:
            self._replaced()
        return connection

    def _connected(self) -> sqlite3.Connection:
        with sorted_faults():
            refuse_newer(self.path)
            self._make_private()
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                for setting in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", *SETTINGS, *self.space.settings()):
                    connection.execute(f"PRAGMA {setting}")
                faults = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if faults != "ok":
                    raise Damaged(faults)
                migrate(connection)
                self._own(connection)
                self._convert(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prove_path(self) -> None:
        """Look whether the file that is open is the one that would be found again. Raises as `damaged`."""
        with self.lock:
            if self._connection is None or self._identity(self.path) == self._opened:
                return
            what = "was replaced by another" if self.path.exists() else "is gone"
            self.damaged(Damaged(f"the file {what}"))

    @staticmethod
    def _identity(path: Path) -> tuple[int, int] | None:
        """Of the file at a path; `None` where there is none. Raises `StoreUnavailable` where that cannot be known."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"store.url: {path} cannot be looked at ({error.strerror})") from None
        return found.st_dev, found.st_ino

    def _make_private(self) -> None:
        """Before SQLite writes: the file is there and private, and so is what an earlier version left beside it."""
        folder, name = self.path.parent, self.path.name
        tighten(path for ending in _BESIDE for path in folder.glob(glob.escape(name) + ending))
        with suppress(FileExistsError):
            os.close(open_descriptor(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL))

    def _convert(self, connection: sqlite3.Connection) -> None:
        """Make a store of an earlier version one that can give pages back, where that takes little."""
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
            return
        pages, unused = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")
        )
        used = (pages - unused) * PAGE_BYTES
        if used <= _CONVERTED_BYTES and self.space.has_room(2 * used):
            with suppress(sqlite3.Error):
                for statement in ("PRAGMA temp_store=MEMORY", "PRAGMA auto_vacuum=INCREMENTAL", "VACUUM"):
                    connection.execute(statement)

    def _prove_file(self) -> None:
        """Look at the file afresh: what SQLite keeps in memory hides what happens to it. Raises as `damaged`."""
        try:
            with sorted_faults(), closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as db:
                db.execute("SELECT generation FROM lease").fetchall()
        except (Damaged, StoreFault) as fault:
            self.damaged(Damaged(str(fault)))
        except StoreUnavailable:
            if self.path.exists():
                raise
            self.damaged(Damaged("the file is gone"))

    def _open(self) -> None:
        try:
            try:
                self.ready()
            except Damaged as damage:
                self.damaged(damage)
        except LeaseLost as error:
            raise StoreInUse(str(error)) from None
        except StoreUnavailable as error:
            raise Misconfigured(f"store.url: {self.path} cannot be opened ({error.__cause__ or error})") from None
        except OSError as error:
            raise Misconfigured(f"store.url: {self.path} cannot be opened ({error.strerror})") from None

    def _own(self, db: sqlite3.Connection) -> None:
        """Take the lease. A file that follows a damaged one goes on with the generation, and far off with numbers."""
        db.execute("BEGIN IMMEDIATE")
        try:
            taken = lease.take(db, takes_over=self._lock.takes_over)
            if self.generation is not None and taken.generation > self.generation + 1:
                raise self._lost()
            if taken.generation <= (self.generation or 0):
                taken = taken._replace(generation=(self.generation or 0) + 1)
                lease.write(db, taken)
            db.execute("INSERT OR IGNORE INTO meta VALUES ('instance', ?)", (str(uuid.uuid4()),))
            if self.recovered and not db.execute("SELECT 1 FROM sqlite_sequence").fetchone():
                far = random.getrandbits(40) << 20
                db.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", [(table, far) for table in _NUMBERED])
            db.execute("COMMIT")
            self._lock.confirm()
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self.lease, self.generation, self._renewed = taken, taken.generation, time.monotonic()

    def _set_aside(self) -> Path:
        aside = self.path.with_name(f"{self.path.name}.damaged-{uuid.uuid4().hex[:8]}")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        return aside
