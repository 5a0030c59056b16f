"""Writing: a member behind the head, a day's manifest, and cutting off what a crash left behind the head."""

import os
from collections.abc import Iterator
from pathlib import Path

from forwarder.sinks.archive.folder import HEAD, MANIFEST, Head, Manifest, days, part_name, parts, save, sync


def write_member(folder: Path, head: Head, member: bytes) -> None:
    """Put `member` where the head's part ends, durably; anything that stood there is replaced."""
    path = _part(folder, head)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(head.length)
        file.seek(head.length)
        file.write(member)
        file.flush()
        os.fsync(file.fileno())
    if head.length == 0:
        sync(path.parent)
        sync(folder)


def close_day(folder: Path, head: Head) -> None:
    """Write the manifest of the head's day."""
    if head.day:
        save(folder / head.day / MANIFEST, Manifest(head.day, head.day_lines, head.part, head.seq, head.hash))


def cut_off(folder: Path, head: Head) -> None:
    """Remove what a crash left behind the head: the end of its part, the next part, the manifest of its day.

    Raises `ValueError` when the head does not fit: its part is shorter, or more than one part is behind it.
    """
    behind = list(_behind(folder, head))
    if len(behind) > 1:
        raise ValueError(f"{folder / HEAD} is older than the parts from {behind[0]} on; restore the newest one")
    _cut_part(_part(folder, head), head)
    for path in behind:
        path.unlink()
    (folder / head.day / MANIFEST).unlink(missing_ok=True)
    for day in days(folder):
        if day > head.day and not any((folder / day).iterdir()):
            (folder / day).rmdir()


def _cut_part(path: Path, head: Head) -> None:
    size = path.stat().st_size if path.exists() else 0
    if size < head.length:
        raise ValueError(
            f"{path} has {size} bytes, but {HEAD} says that {head.length} were written; restore it, or move the "
            f"archive away and begin a new one"
        )
    if size > head.length:
        os.truncate(path, head.length)


def _behind(folder: Path, head: Head) -> Iterator[Path]:
    for day in days(folder):
        for number in parts(folder / day):
            if (day, number) > (head.day, head.part):
                yield folder / day / part_name(number)


def _part(folder: Path, head: Head) -> Path:
    return folder / head.day / part_name(head.part)
