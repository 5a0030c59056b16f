"""Reading a file that a person names: settings, secrets, lists. Whatever it is, the answer comes at once and is small.

A named pipe without a writer would block a thread for ever, and a device or a disk image would fill the memory, so only
regular files are read, and only up to a limit.
"""

import errno
import os
import stat
from pathlib import Path

KIB = 1024
_KINDS = {
    stat.S_IFDIR: (errno.EISDIR, "Is a directory"),
    stat.S_IFIFO: (errno.EINVAL, "a named pipe and not a file; write the content to a file"),
}
_OTHER = (errno.EINVAL, "a device or socket and not a file")
_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class NotText(ValueError):
    """The content is not UTF-8; the message says what it looks like."""


def read_small_file(path: Path, limit: int) -> bytes:
    """The content. Raises `OSError` where there is none, it is no regular file, or it is longer than `limit` bytes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, str(error)) from None
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(*_KINDS.get(stat.S_IFMT(mode), _OTHER))
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"longer than {limit // KIB} KiB; is it the right file?")
    return content


def read_small_text(path: Path, limit: int) -> str:
    """The content as text, without a byte order mark. Raises `NotText`, and as `read_small_file`."""
    content = read_small_file(path, limit)
    if encoding := _ENCODINGS.get(content[:2]):
        raise NotText(f"{encoding} and not UTF-8; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotText(f"not UTF-8 (byte 0x{content[error.start]:02x} in line {line}); save it as UTF-8") from None
