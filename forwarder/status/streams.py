"""Standard output and error that may be closed or never read: what cannot be written is lost, and nothing else is.

A log that nobody reads any more (a closed pipe, a log collector that hangs, a full disk) must neither end nor hold up a
thread that delivers events.
"""

import errno
import os
import select
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from forwarder.private_files import open_descriptor

_GONE = frozenset({errno.EPIPE, errno.EBADF})
"""There will never be a reader again; a full disk, for example, may have room later."""
_PIECE = select.PIPE_BUF
"""Bytes that a pipe takes at once where it has room at all."""
_PATIENCE_MS = 200
"""For a reader that is slow; one that has not read for that long is not waited for again until it reads."""


class LastingStream:
    """A text stream whose `write` and `flush` never raise, and wait for no reader of a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._pipe = _pipe_of(stream)
        self._stuck = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it if that is possible."""
        try:
            if self._pipe is None:
                self._stream.write(text)
            else:
                self._write_to(self._pipe, text.encode("utf-8", "backslashreplace"))
        except (OSError, ValueError) as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Flush it if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def _write_to(self, pipe: int, data: bytes) -> None:
        poll = select.poll()
        poll.register(pipe, select.POLLOUT)
        for start in range(0, len(data), _PIECE):
            self._stuck = not poll.poll(0 if self._stuck else _PATIENCE_MS)
            if self._stuck:
                return
            os.write(pipe, data[start : start + _PIECE])

    def _lose(self, error: Exception) -> None:
        """Let what is still buffered go nowhere, or it would fail once more when the process exits."""
        if isinstance(error, OSError) and error.errno in _GONE:
            with suppress(OSError, ValueError):
                nowhere = _nowhere()
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


def survive_closed_streams() -> None:
    """Make the standard streams of this process last, and take the numbers of those that were closed before it began.

    Otherwise the next file that is opened gets such a number, and with it what a library writes to standard error.
    What the process has put before its streams, such as a filter, is to be put there again.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _nowhere()  # takes the lowest free number
    for name in ("stdout", "stderr"):
        stream = getattr(sys, f"__{name}__") or os.fdopen(_nowhere(), "w")
        setattr(sys, name, LastingStream(stream))


def _nowhere() -> int:
    """The number of a file that takes everything and keeps nothing."""
    return open_descriptor(Path(os.devnull), os.O_RDWR)


def _pipe_of(stream: TextIO) -> int | None:
    """The number of a stream that is a pipe or socket, as a log collector gives it; `None` for a file or a terminal."""
    with suppress(OSError, ValueError):
        mode = os.fstat(stream.fileno()).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            return stream.fileno()
    return None
