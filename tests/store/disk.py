"""What disks do: fail, and be full."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def damage(folder: Path, chunk_id: int) -> None:
    """Flip one bit of a chunk's events in the closed store of `folder`."""
    db = sqlite3.connect(folder / "store.db")
    with db:
        ((sealed,),) = db.execute("SELECT sealed FROM chunk WHERE id = ?", (chunk_id,)).fetchall()
        middle = len(sealed) // 2
        changed = sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]
        db.execute("UPDATE chunk SET sealed = ? WHERE id = ?", (changed, chunk_id))
    db.close()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond `size` bytes: a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
