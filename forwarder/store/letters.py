"""Dead letters: what was refused, by whom, why, with its bytes. The same refusal of the same bytes is one letter."""

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from forwarder.records import Letter
from forwarder.store.database import Database


def add(db: sqlite3.Connection, letter: Letter, at_us: int) -> None:
    """Keep a letter, within the caller's transaction."""
    digest = blake2b(letter.body, digest_size=16).digest()
    db.execute(
        "INSERT OR IGNORE INTO dead_letter (source, refused_by, reason, detail, uid, body, digest, at_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*letter, digest, at_us),
    )


def count(database: Database) -> dict[tuple[str, str, str], int]:
    """How many are kept, by source, who refused and reason."""
    rows = database.all("SELECT source, refused_by, reason, count(*) FROM dead_letter GROUP BY 1, 2, 3")
    return {(source, refused_by, reason): int(number) for source, refused_by, reason, number in rows}


def kept(database: Database) -> Iterator[Letter]:
    """Every letter, oldest first."""
    rows = database.all("SELECT source, refused_by, reason, detail, uid, body FROM dead_letter ORDER BY id")
    return (Letter(*row) for row in rows)


def drop(db: sqlite3.Connection, before_us: int) -> None:
    """Let go of letters older than `before_us`, within the caller's transaction."""
    db.execute("DELETE FROM dead_letter WHERE at_us < ?", (before_us,))
