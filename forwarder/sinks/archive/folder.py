"""An archive's folder: names of days and parts, the three records about them, and every write and removal.

Invariants:
- A record is replaced atomically; a part is fsynced before the head records that it grew.
- `trimmed.json` records what will be removed before anything is. A crash in between is repaired by `finish_trim`.
- Only closed days are removed; the day that the chain's head is in never is.
- A write that fails, as on a full disk, leaves nothing behind the head.
- Everything is private (`forwarder.private_files`); `make_private` sees to what earlier versions wrote.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson

from forwarder.private_files import make_folder, open_private, tighten
from forwarder.sinks.archive.chain import GENESIS

HEAD = "head.json"
MANIFEST = "manifest.json"
TRIMMED = "trimmed.json"
RECORD_BYTES = 64 * 1024
"""More than any of the three records has."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PART = re.compile(r"part-(\d{4,9})\.ndjson\.gz")


class ArchiveHead(NamedTuple):
    """`head.json`: the last confirmed line, where it is, and the chunk it came from."""

    day: str = ""
    part: int = 0
    length: int = 0
    seq: int = 0
    hash: str = GENESIS
    day_lines: int = 0
    store: str = ""
    chunk_id: int = 0


class DayManifest(NamedTuple):
    """`DAY/manifest.json`: how much a closed day holds, and its last line."""

    day: str
    lines: int
    parts: int
    seq: int
    hash: str


class TrimRecord(NamedTuple):
    """`trimmed.json`: the last day that retention removed, and that day's last line."""

    day: str
    seq: int
    hash: str


Record = TypeVar("Record", ArchiveHead, DayManifest, TrimRecord)


def load(path: Path, kind: type[Record]) -> Record | None:
    """The record in a file; `None` without the file. Raises `ValueError` when it holds anything else."""
    try:
        with path.open("rb") as file:
            value = orjson.loads(file.read(RECORD_BYTES))
    except FileNotFoundError:
        return None
    if not isinstance(value, dict) or {name: type(item) for name, item in value.items()} != kind.__annotations__:
        raise ValueError(f"it must hold {', '.join(kind.__annotations__)} and nothing else")
    return kind(**value)


def save(path: Path, record: ArchiveHead | DayManifest | TrimRecord) -> None:
    """Write a temporary file, fsync, rename: a reader sees the old file or the new one."""
    beside = path.with_name(path.name + ".new")
    with open_private(beside, "wb") as file:
        file.write(orjson.dumps(record._asdict()))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def make_private(folder: Path) -> None:
    """Make the records, the days and their files private."""
    tighten(folder / name for name in (HEAD, TRIMMED, f"{HEAD}.new", f"{TRIMMED}.new"))
    for day in days(folder):
        tighten([folder / day, *(folder / day).iterdir()])


def sync(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def days(folder: Path) -> list[str]:
    """The days that have a folder, oldest first."""
    return sorted(path.name for path in folder.iterdir() if _DAY.fullmatch(path.name) and path.is_dir())


def parts(day: Path) -> list[int]:
    """The numbers of a day's parts, ascending."""
    matches = (_PART.fullmatch(path.name) for path in day.iterdir())
    return sorted(int(match[1]) for match in matches if match and match[0] == part_name(int(match[1])))


def part_name(number: int) -> str:
    """The name of a part within its day."""
    return f"part-{number:04d}.ndjson.gz"


def misnamed(day: Path) -> list[str]:
    """Names in a day's folder that begin like a part's and are none."""
    known = {part_name(number) for number in parts(day)}
    return sorted(path.name for path in day.iterdir() if path.name.startswith("part-") and path.name not in known)


def write_member(folder: Path, head: ArchiveHead, member: bytes) -> None:
    """Append `member` durably where the head's part ends; anything behind that is replaced."""
    path = _part(folder, head)
    make_folder(path.parent)
    with open_private(path, "r+b") as file:
        file.truncate(head.length)
        file.seek(head.length)
        try:
            file.write(member)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.close()
            os.truncate(path, head.length)
            raise
    if head.length == 0:
        sync(path.parent)
        sync(folder)


def close_day(folder: Path, head: ArchiveHead) -> None:
    """Write the manifest of the head's day."""
    if head.day:
        save(folder / head.day / MANIFEST, DayManifest(head.day, head.day_lines, head.part, head.seq, head.hash))


def cut_off(folder: Path, head: ArchiveHead) -> None:
    """Remove what a crash left behind the head: the end of its part, the next part, the manifest of its day.

    Raises `ValueError` when the head does not match: its part is shorter, or more than one part is behind it.
    """
    behind = list(_parts_behind(folder, head))
    if len(behind) > 1:
        raise ValueError(f"{folder / HEAD} is older than the parts from {behind[0]} on; restore the newest head.json")
    _truncate_part(_part(folder, head), head)
    for path in behind:
        path.unlink()
    (folder / head.day / MANIFEST).unlink(missing_ok=True)
    for day in days(folder):
        if day > head.day and not any((folder / day).iterdir()):
            (folder / day).rmdir()


def _truncate_part(path: Path, head: ArchiveHead) -> None:
    size = path.stat().st_size if path.exists() else 0
    if size < head.length:
        raise ValueError(
            f"{path} has {size} bytes, but {HEAD} records {head.length}; restore the part, or move the archive away "
            f"to begin a new one"
        )
    if size > head.length:
        os.truncate(path, head.length)


def _parts_behind(folder: Path, head: ArchiveHead) -> Iterator[Path]:
    for day in days(folder):
        for number in parts(folder / day):
            if (day, number) > (head.day, head.part):
                yield folder / day / part_name(number)


def _part(folder: Path, head: ArchiveHead) -> Path:
    return folder / head.day / part_name(head.part)


def trim(folder: Path, before: str, current: str) -> None:
    """Remove the closed days before `before`; `current` is the head's day. Stops at a day without manifest."""
    last = None
    for day in days(folder):
        manifest = _manifest(folder / day)
        if day >= min(before, current) or manifest is None:
            break
        last = TrimRecord(day, manifest.seq, manifest.hash)
    if last:
        save(folder / TRIMMED, last)
        finish_trim(folder, current)


def finish_trim(folder: Path, current: str) -> None:
    """Remove the days that `trimmed.json` records. Raises `ValueError` when that is damaged."""
    try:
        trimmed = load(folder / TRIMMED, TrimRecord)
    except ValueError as error:
        raise ValueError(f"{folder / TRIMMED} is damaged ({error}); restore it") from None
    gone = [day for day in days(folder) if trimmed and day <= trimmed.day and day < current]
    for day in gone:
        shutil.rmtree(folder / day)
    if gone:
        sync(folder)


def _manifest(day: Path) -> DayManifest | None:
    try:
        return load(day / MANIFEST, DayManifest)
    except ValueError:
        return None
