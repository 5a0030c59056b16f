"""All errors of the forwarder, named by what the caller must do.

    ForwarderError
    ├── Retry                 try again later: the request itself is valid
    │   ├── Stopping          do not try again: the process is ending
    │   ├── WindowChanged     try again from the first page of the window: its cursor is no longer valid
    │   └── StoreUnavailable  try again when the store has room and can be written
    ├── Reject                this one record or event is refused: store a dead letter, continue with the next
    └── Fatal                 a person must change something: stop, keep everything, turn red, probe
        ├── Misconfigured     a file, setting, token, index, table or role is wrong
        │   └── InvalidSettings   the settings have one or more errors
        └── AccessRefused     Anthropic refuses the key (401) or its scopes (403)

Only `pipeline` and `cli` handle these errors by logging them; packages below let them pass.

Invariant: no message holds a secret, whatever a server, a library or a setting put into it, and none is longer than
`MOST_CHARACTERS`: messages become conditions, reasons of dead letters and health events.
"""

from forwarder.redaction import shorten

MOST_CHARACTERS = 20_000
MOST_OF_A_REASON = 80


class ForwarderError(Exception):
    """Base of all errors. The message names the thing, the value, the cause and the fix."""

    def __init__(self, message: str) -> None:
        super().__init__(shorten(message, MOST_CHARACTERS))

    @property
    def lines(self) -> list[str]:
        """The message as lines: one, whatever a name in it contains."""
        return [str(self)]


class Retry(ForwarderError):
    """The same call may succeed later: after `after` seconds, where the other side said so (`Retry-After`)."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Stopping(Retry):
    """The process is ending: a wait was cut short, and nothing more is requested."""


class WindowChanged(Retry):
    """The API no longer accepts a cursor of this window: read the window again from its first page."""


class StoreUnavailable(Retry):
    """The store is full or cannot be written: pause collection and drop nothing."""


class Reject(ForwarderError):
    """One record or event is refused permanently. `reason` is a short stable code, the message the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = shorten(reason, MOST_OF_A_REASON)


class Fatal(ForwarderError):
    """Only a change by a person can help: keep everything, report it, probe."""


class Misconfigured(Fatal):
    """A setting, file, token, index, table or role is wrong; the message says which and how to fix it."""


class InvalidSettings(Misconfigured):
    """Several errors in the settings, each a line of the message."""

    @property
    def lines(self) -> list[str]:
        """The errors."""
        return str(self).split("\n")


class AccessRefused(Fatal):
    """Anthropic refuses the key or its scopes; the message says what is missing and where to create it."""
