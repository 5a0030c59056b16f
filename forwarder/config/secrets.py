"""A secret: a value, or a file that is read again whenever it changes.

Invariants:
- The text of a secret leaves this class only through `reveal`; no repr, log, error or store contains it.
- Whatever a file has held is known to the filter (`forwarder.redaction`) before anything is done with it.
"""

import errno
from pathlib import Path

from pydantic import SecretStr

from forwarder.config.small_file import KIB, NotText, read_small_text
from forwarder.errors import Misconfigured, Retry
from forwarder.redaction import add_secret, redact

MOST_BYTES = 64 * KIB

_TEMPORARY = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""A temporary lack of file descriptors or memory says nothing about the file."""


class Secret:
    """One secret. `name` is its path in the settings, for messages."""

    def __init__(self, name: str, value: SecretStr | None = None, file: Path | None = None) -> None:
        self.name = name
        self._value = value
        self._file = file
        self._revealed = ""

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    def reveal(self) -> str:
        """The current text. Error messages never contain it.

        Raises `Misconfigured` when it is missing or not valid in an HTTP header, and `Retry` when the file cannot be
        read for lack of file descriptors or memory.
        """
        text = self._value.get_secret_value() if self._value is not None else self._read()
        if text != self._revealed:
            add_secret(text)
            self._revealed = text
        if not text or not all("!" <= character <= "~" for character in text):
            raise Misconfigured(f"{self.name}: must be one line of printable ASCII without spaces, and not empty")
        return text

    def _read(self) -> str:
        if self._file is None:
            raise Misconfigured(f"{self.name} is not set: set {self.name}_file, or {self.name}")
        try:
            return read_small_text(self._file, MOST_BYTES).strip()
        except (OSError, NotText) as error:
            if isinstance(error, OSError) and error.errno in _TEMPORARY:
                raise Retry(f"{self.name}_file: {self._file} cannot be read now ({error.strerror})") from None
            cause = error.strerror if isinstance(error, OSError) else str(error)
            fix = "check the path and its permissions"
            if redact(str(self._file)) != str(self._file):
                fix = "it is not the path of a file and not shown, as it may be the secret itself; set a path"
            raise Misconfigured(f"{self.name}_file: {self._file} cannot be read ({cause}); {fix}") from None

    def version(self) -> tuple[int, int]:
        """Changes when the secret's file changes; constant for a secret given by value."""
        if self._file is None:
            return (0, 0)
        try:
            status = self._file.stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)
