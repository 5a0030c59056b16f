"""Retention: whole days that are old enough go, oldest first, and what they ended with stays on record.

Invariants:
- `trimmed.json` says what will be removed before anything is. A crash in between is repaired by `finish`.
- Only closed days go; the day that the chain's head is in never does.
"""

import shutil
from pathlib import Path

from forwarder.sinks.archive.folder import MANIFEST, TRIMMED, Manifest, Trimmed, days, load, save, sync


def trim(folder: Path, before: str, current: str) -> None:
    """Remove the closed days before `before`; `current` is the head's day. A day without manifest ends it."""
    last = None
    for day in days(folder):
        manifest = _manifest(folder / day)
        if day >= min(before, current) or manifest is None:
            break
        last = Trimmed(day, manifest.seq, manifest.hash)
    if last:
        save(folder / TRIMMED, last)
        finish(folder, current)


def finish(folder: Path, current: str) -> None:
    """Remove the days that are recorded as removed. Raises `ValueError` when the record is damaged."""
    try:
        trimmed = load(folder / TRIMMED, Trimmed)
    except ValueError as error:
        raise ValueError(f"{folder / TRIMMED} is damaged ({error}); restore it") from None
    gone = [day for day in days(folder) if trimmed and day <= trimmed.day and day < current]
    for day in gone:
        shutil.rmtree(folder / day)
    if gone:
        sync(folder)


def _manifest(day: Path) -> Manifest | None:
    try:
        return load(day / MANIFEST, Manifest)
    except ValueError:
        return None
