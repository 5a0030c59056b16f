"""Room on a store's volume: what collecting leaves free, and a reserve for what makes the store smaller.

To record a delivery takes room too: SQLite writes what changes to its log before the file shrinks. So collecting ends
while some room is free, and a file beside the store holds as much again. Where the volume is full all the same, because
others write to it, that file is removed, and what was delivered can be recorded.

Invariants:
- Nothing is collected without the reserve, where the file system can make one.
- A page that is stored leaves `Volume.reserve` bytes free, also when SQLite has copied it from its log into the file.
  Where unused pages of the file take it, it needs room in the log only, which comes back: a quarter is enough.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from forwarder.private_files import open_private

PAGE_BYTES = 4096
"""SQLite's default, which no store has changed."""
_SHARE = 16
_SMALLEST, _LARGEST = 512 * 1024, 16 * 1024 * 1024
AMPLE = 4 * _LARGEST
"""Free bytes beside those of a page that leave room for everything."""
_LOG_PAGES = 1000
_STEP, _TIGHT_STEP = 2048, 32
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PAUSED = "collecting is paused, delivery goes on, nothing is dropped"
_log = structlog.get_logger()


class Volume(NamedTuple):
    """A volume in bytes."""

    size: int
    free: int

    @property
    def reserve(self) -> int:
        """A sixteenth of the volume, within bounds."""
        return min(max(self.size // _SHARE, _SMALLEST), _LARGEST)


class DiskSpace:
    """The volume of one store file, and the reserve on it."""

    def __init__(self, store: Path) -> None:
        self._folder = store.absolute().parent
        self._file = self._folder / f"{store.name}.reserve"
        self.held = False
        """Whether the reserve was there when it was last looked for."""
        self._refusal = ""
        """Why there was no room for the reserve, although the volume has some."""
        self._impossible = False
        """The file system cannot make one, for another reason than room."""

    def settings(self) -> tuple[str, ...]:
        """SQLite's: the log stays small enough for the reserve to take in what it holds."""
        volume = self._volume()
        pages = min(volume.reserve // 4 // PAGE_BYTES, _LOG_PAGES) if volume else _LOG_PAGES
        return f"wal_autocheckpoint={pages}", f"journal_size_limit={pages * PAGE_BYTES}"

    def shortage(self, needed: int, reusable: int) -> str | None:
        """Why a page of `needed` bytes cannot be stored now; `None` when it can.

        `reusable`: bytes of the store's unused pages.
        """
        volume = self._volume()
        if volume is None:
            return None
        held = self._is_held(volume)
        grows = max(0, needed - reusable)
        wanted = needed + grows + (volume.reserve if grows else volume.reserve // 4) + (0 if held else volume.reserve)
        if volume.free >= wanted:
            return None if held else self._no_reserve(volume)
        return (
            f"the disk is full: {_megabytes(volume.free)} are free in {self._folder}, {_megabytes(wanted)} are needed; "
            f"{PAUSED}; free space there, or move store.url to a larger volume"
        )

    def _no_reserve(self, volume: Volume) -> str:
        why = f" ({self._refusal}); check the user's quota and limits" if self._refusal else ""
        return (
            f"the disk was full, and {self._file} of {_megabytes(volume.reserve)} for the next time is not there yet"
            f"{why}; {PAUSED}"
        )

    def is_tight(self) -> bool:
        """Whether unused pages should go back to the volume at once."""
        volume = self._volume()
        return volume is not None and (volume.free < volume.reserve or not self._is_held(volume))

    def pages_to_give_back(self, unused: int) -> int:
        """How many of so many unused pages go back to the volume in one step: each needs room in the log first.

        All but some for what is collected next; all where the volume is tight.
        """
        volume = self._volume()
        if volume is None:
            return 0
        if self.is_tight():
            return min(unused, _TIGHT_STEP)
        kept = 2 * volume.reserve // PAGE_BYTES
        return max(0, min(unused - kept, _STEP, volume.free // 4 // PAGE_BYTES))

    def has_room(self, needed: int) -> bool:
        """Whether a file of this size can be made, and room is left."""
        volume = self._volume()
        return volume is not None and volume.free >= needed + 2 * volume.reserve

    def release(self) -> bool:
        """Remove the reserve; whether there was one."""
        with suppress(OSError):
            self.held = False
            self._file.unlink()
            _log.warning("disk is full; its reserve is used for what is delivered", folder=str(self._folder))
            return True
        return False

    def restore(self) -> None:
        """Make the reserve where there is none and room for it."""
        volume = self._volume()
        self.held = volume is not None and self._is_held(volume)
        if volume is None or self.held or volume.free < volume.reserve + volume.reserve // 4:
            return
        try:
            with open_private(self._file, "wb") as file:
                _allocate(file.fileno(), volume.reserve)
            self.held, self._refusal = True, ""
        except OSError as error:
            with suppress(OSError):
                self._file.unlink()
            self._refusal = error.strerror or str(error)
            if error.errno not in _FULL:
                self._impossible = True
                _log.warning("no reserve for a full disk", file=str(self._file), reason=error.strerror)

    def _is_held(self, volume: Volume) -> bool:
        if self._impossible:
            return True
        try:
            return self._file.stat().st_size >= volume.reserve
        except OSError:
            return False

    def _volume(self) -> Volume | None:
        """`None` where the file system does not say."""
        try:
            state = os.statvfs(self._folder)
        except OSError:
            return None
        return Volume(state.f_blocks * state.f_frsize, state.f_bavail * state.f_frsize) if state.f_blocks else None


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    block = os.urandom(1024 * 1024)  # which no file system makes smaller
    while size > 0:
        size -= os.write(descriptor, block[:size])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
