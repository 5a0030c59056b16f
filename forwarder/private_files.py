"""Files and folders that only their owner can read: from their first byte, and whatever the umask.

Invariants:
- What is made here has mode 0600, a folder 0700. Nothing else in the package makes files, SQLite apart, which gives its
  files the mode of the database (`tests/structure`).
- A folder that was there before keeps its mode: it may be a home, or shared for a reason.
"""

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

import structlog

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_OTHERS = 0o077
_FLAGS = {
    "wb": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "xb": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "r+b": os.O_RDWR | os.O_CREAT,
}
_log = structlog.get_logger()


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing. Raises `OSError`."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(FOLDER_MODE)  # a umask may have taken from the owner too


def open_descriptor(file: Path, flags: int) -> int:
    """As `os.open`; a file that is there is made private. Raises `OSError`."""
    descriptor = os.open(file, flags, FILE_MODE)
    try:
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode) and stat.S_IMODE(state.st_mode) != FILE_MODE:
            os.fchmod(descriptor, FILE_MODE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_private(file: Path, mode: Literal["wb", "xb", "r+b"]) -> IO[bytes]:
    """Open a file for writing; it is made where there is none (`r+b` too). Raises `OSError`."""
    return os.fdopen(open_descriptor(file, _FLAGS[mode]), mode.replace("x", "w"))


def write_private(file: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there before stays until all is written. Raises `OSError`."""
    if file.exists() and not file.is_file():  # a device or a pipe
        with open_private(file, "wb") as opened:
            opened.write(data)
        return
    target = file.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
        beside.chmod(FILE_MODE)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def tighten(paths: Iterable[Path]) -> None:
    """Make private what earlier versions, or others, left open; a warning says what was, and what cannot be changed."""
    opened, refused = [], []
    for path in paths:
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or not mode & _OTHERS:
                continue
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
        except FileNotFoundError:
            continue
        except OSError:
            refused.append(path)
        else:
            opened.append(path)
    if opened:
        _log.warning("files could be read by other users and are private now", first=str(opened[0]), files=len(opened))
    if refused:
        _log.warning(
            "files can be read by other users; make them the forwarder's and chmod them to 0600",
            first=str(refused[0]),
            files=len(refused),
        )
