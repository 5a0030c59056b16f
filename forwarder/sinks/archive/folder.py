"""What lies in an archive's folder: names of days and parts, and the three small files about them."""

import os
import re
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson

from forwarder.sinks.archive.chain import GENESIS

HEAD = "head.json"
MANIFEST = "manifest.json"
TRIMMED = "trimmed.json"
RECORD_BYTES = 64 * 1024
"""More than any of the three files has."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PART = re.compile(r"part-(\d{4,9})\.ndjson\.gz")


class Head(NamedTuple):
    """`head.json`: where the chain stands."""

    day: str = ""
    part: int = 0
    length: int = 0
    seq: int = 0
    hash: str = GENESIS
    day_lines: int = 0
    store: str = ""
    chunk_id: int = 0


class Manifest(NamedTuple):
    """`DAY/manifest.json`: what a closed day holds, and its last line."""

    day: str
    lines: int
    parts: int
    seq: int
    hash: str


class Trimmed(NamedTuple):
    """`trimmed.json`: the last day that retention removed, and that day's last line."""

    day: str
    seq: int
    hash: str


Record = TypeVar("Record", Head, Manifest, Trimmed)


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


def save(path: Path, record: Head | Manifest | Trimmed) -> None:
    """Write beside, fsync, rename: a reader sees the old file or the new one."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(orjson.dumps(record._asdict()))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make names in `folder` last."""
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
    """Names in a day's folder that look like a part's and are none."""
    known = {part_name(number) for number in parts(day)}
    return sorted(path.name for path in day.iterdir() if path.name.startswith("part-") and path.name not in known)
