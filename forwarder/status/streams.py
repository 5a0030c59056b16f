"""Standard output and error that may be closed: what cannot be written is lost, and nothing else is.

A log that nobody reads any more (a closed pipe, a full disk) must not end a thread that delivers events.
"""

import errno
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

_GONE = frozenset({errno.EPIPE, errno.EBADF})
"""There will never be a reader again; a full disk, for example, may have room later."""


class LastingStream:
    """A text stream whose `write` and `flush` never raise."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it if that is possible."""
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Flush it if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Let what is still buffered go nowhere, or it would fail once more when the process exits."""
        if isinstance(error, OSError) and error.errno in _GONE:
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)


def survive_closed_streams() -> None:
    """Make the standard streams of this process last, and take the numbers of those that were closed before it began.

    Otherwise the next file that is opened gets such a number, and with it what a library writes to standard error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as the process
        setattr(sys, name, LastingStream(stream))
