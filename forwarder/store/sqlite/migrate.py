"""The schema's versions: `migrations/NNNN_*.sql`, each applied once, in one transaction, and noted in `user_version`.

Stores without a version (0) are those of before versions were noted: what their tables lack is added first, table by
table, for a newer program may have put newer tables beside them. A store of a newer version than this program knows is
left as it is.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from forwarder.errors import Misconfigured
from forwarder.gzip import compress
from forwarder.store.chunk import packed_ids, unpacked_ids

_FOLDER = files("forwarder.store.sqlite").joinpath("migrations")


class _Older(NamedTuple):
    """A table of a store without a version, when it has not `column` (or, `lacks` false, when it has)."""

    table: str
    column: str
    lacks: bool = True


_OLDER = (
    _Older("chunk", "sealed"),
    _Older("reread", "lost", lacks=False),
    _Older("delivery", "events"),
    _Older("handed_over", "at_us", lacks=False),
    _Older("dead_letter", "stream"),
)
"""In this order: `unversioned/TABLE.sql` brings the table to what `0001` has."""


def latest() -> int:
    """The newest version this program knows."""
    return len(_versions())


def refuse_newer(path: Path) -> None:
    """Raises `Misconfigured` for a store of a newer program, which is left as it is."""
    version = _noted_version(path) if path.exists() else 0
    if version > latest():
        raise Misconfigured(
            f"store.url: {path} has schema version {version}, this program knows up to {latest()}: "
            f"run the newer program that wrote it, or give another store.url"
        )


def refuse_older(db: sqlite3.Connection, path: Path) -> None:
    """Raises `Misconfigured` for a store that its owner has not upgraded yet."""
    if version_of(db) < latest():
        raise Misconfigured(
            f"store.url: {path} has schema version {version_of(db)}, this program needs {latest()}: "
            f"start `claude-siem run` of this version once, it upgrades the store"
        )


def version_of(db: sqlite3.Connection) -> int:
    """The schema's version."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema to the newest version."""
    if version_of(db) == latest():
        return
    db.create_function("sealed", 2, lambda key_fields, bodies: compress(key_fields + b"\n" + bodies))
    db.create_function("crc32", 2, lambda first, second: zlib.crc32(second, zlib.crc32(first)))
    db.create_function("without", 2, _without)
    db.execute("PRAGMA foreign_keys=OFF")
    for number, script in enumerate(_versions(), 1):
        _apply(db, number, script)
    db.execute("PRAGMA foreign_keys=ON")


def _noted_version(path: Path) -> int:
    """Where nothing waits in a log the file is read as immutable: otherwise SQLite makes a log beside it."""
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as db:
        return version_of(db)


def _apply(db: sqlite3.Connection, number: int, script: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        if version_of(db) < number:
            older = [_read(f"unversioned/{table}.sql") for table in _older_tables(db)] if number == 1 else []
            for statement in _statements("".join([*older, script])):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={number}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _older_tables(db: sqlite3.Connection) -> list[str]:
    found = []
    for older in _OLDER:
        columns = {row[1] for row in db.execute(f"PRAGMA table_info({older.table})")}
        if columns and (older.column not in columns) == older.lacks:
            found.append(older.table)
    return found


@cache
def _versions() -> list[str]:
    names = sorted(entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".sql"))
    return [_read(name) for name in names]


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text()


def _statements(script: str) -> Iterator[str]:
    """One at a time: `executescript` would end the transaction."""
    waiting = ""
    for line in script.splitlines(keepends=True):
        waiting += line
        if sqlite3.complete_statement(waiting):
            yield waiting
            waiting = ""


def _without(digests: bytes, lost: str) -> bytes:
    """Ids without those that stand in `lost` (hexadecimal)."""
    gone = set(unpacked_ids(bytes.fromhex(lost)))
    return packed_ids(digest for digest in unpacked_ids(digests) if digest not in gone)
