"""SQLite's own errors, each made to happen, and what the store makes of it: later, damaged, or a fault of ours."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import StoreUnavailable
from forwarder.store import StoreFault
from forwarder.store.sqlite.database import Damaged, sorted_faults
from tests.store.disk import files_of_at_most

Fault = Callable[[Path], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a table of many pages."""
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE)")
        db.executemany("INSERT INTO thing (body) VALUES (?)", [(f"{number:0500d}",) for number in range(200)])
    return path


def execute(path: Path, *statements: str, **options: object) -> None:
    """Run statements on a connection of their own."""
    with closing(sqlite3.connect(f"{path.as_uri()}?{options.pop('uri', '')}", uri=True, timeout=0)) as db:
        for statement in statements:
            db.execute(statement).fetchall()


def locked(path: Path) -> None:
    """Another connection writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        execute(path, "DELETE FROM thing")


def full(path: Path) -> None:
    """There is no room."""
    execute(path, "PRAGMA max_page_count = 1", "INSERT INTO thing (body) VALUES (hex(zeroblob(100000)))")


def cannot_grow(path: Path) -> None:
    """The disk refuses."""
    with files_of_at_most(path.stat().st_size), closing(sqlite3.connect(path, timeout=0)) as db, db:
        db.execute("INSERT INTO thing (body) VALUES (hex(zeroblob(100000)))")


def read_only(path: Path) -> None:
    """Writing is not allowed."""
    execute(path, "DELETE FROM thing", uri="mode=ro")


def cannot_be_opened(path: Path) -> None:
    """A folder is missing."""
    execute(path.parent / "nowhere" / "some.db", "SELECT 1")


def no_database(path: Path) -> None:
    """The file is another's."""
    path.write_bytes(b"no database" * 1000)
    execute(path, "SELECT * FROM thing")


def overwritten_pages(path: Path) -> None:
    """Pages behind the first are garbage."""
    size = path.stat().st_size
    with path.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (size - 4096))
    execute(path, "SELECT sum(length(body)) FROM thing")


def cut_short(path: Path) -> None:
    """The file ends too early."""
    with path.open("r+b") as raw:
        raw.truncate(3 * 4096)
    execute(path, "SELECT sum(length(body)) FROM thing")


def no_text(path: Path) -> None:
    """Text that is none."""
    execute(path, "SELECT CAST(x'ff00ff' AS TEXT)")


def wrong_sql(path: Path) -> None:
    """A statement that no version of SQLite understands."""
    execute(path, "SELEKT 1")


def missing_table(path: Path) -> None:
    """A table that no schema has."""
    execute(path, "SELECT * FROM nowhere")


def broken_constraint(path: Path) -> None:
    """A row that the schema forbids."""
    execute(path, "INSERT INTO thing (body) VALUES (NULL)")


def too_few_values(path: Path) -> None:
    """A statement with other values than it has places."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("SELECT ?", ())


@pytest.mark.parametrize("fault", [locked, full, cannot_grow, read_only, cannot_be_opened])
def test_what_passes_by_itself_is_for_later(fault: Fault, file: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be written"), sorted_faults():
        fault(file)


@pytest.mark.parametrize("fault", [no_database, overwritten_pages, cut_short, no_text])
def test_a_file_that_is_not_what_was_written_is_damaged(fault: Fault, file: Path) -> None:
    with pytest.raises(Damaged), sorted_faults():
        fault(file)


@pytest.mark.parametrize("fault", [wrong_sql, missing_table, broken_constraint, too_few_values])
def test_a_fault_of_this_program_is_never_for_later(fault: Fault, file: Path) -> None:
    with pytest.raises(StoreFault), sorted_faults():
        fault(file)
