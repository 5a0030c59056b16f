"""A secret: its value, or the file it is read from again whenever the file changes.

Invariant: a secret's text leaves this class only through `reveal`; it is never in a repr, log, error or store.
"""

import errno
from pathlib import Path

from pydantic import SecretStr

from forwarder.errors import Misconfigured, Retry

_PASSES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the machine lacks for a while says nothing about the file."""


class Secret:
    """One secret under its configuration path `name` (for messages)."""

    def __init__(self, name: str, value: SecretStr | None = None, file: Path | None = None) -> None:
        self.name = name
        self._value = value
        self._file = file

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    def reveal(self) -> str:
        """The text now. Raises `Misconfigured`, without showing it, when there is none that a header could carry, and
        `Retry` when the machine has no room to read it now.
        """
        text = self._value.get_secret_value() if self._value is not None else self._read()
        if not text or not all("!" <= character <= "~" for character in text):
            raise Misconfigured(f"{self.name}: must be one line of printable ASCII without blanks, and not empty")
        return text

    def _read(self) -> str:
        if self._file is None:
            raise Misconfigured(f"{self.name} is not set: set it, or {self.name}_file")
        try:
            return self._file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            if isinstance(error, OSError) and error.errno in _PASSES:
                raise Retry(f"{self.name}_file: {self._file} cannot be read now ({error.strerror})") from None
            raise Misconfigured(f"{self.name}_file: {self._file} cannot be read ({error})") from None

    def version(self) -> tuple[int, int]:
        """Changes when the secret's file changes; constant for a secret that stands in the settings."""
        if self._file is None:
            return (0, 0)
        try:
            status = self._file.stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)
