"""What can go wrong, named by what the caller must do.

    ForwarderError
    ├── Retry               later: nothing is wrong with the thing itself
    │   ├── WindowChanged   later, from the window's first page: its cursor no longer holds
    │   └── StoreUnavailable  later, when the store has room and can be written again
    ├── Reject              this one thing is refused: make it a dead letter, go on with the next
    └── Fatal               a person must change something: stop here, keep everything, turn red, probe
        ├── Misconfigured   a file, setting, token, index, table or role is wrong
        └── AccessRefused   Anthropic refuses the key (401) or its scopes (403)

Nothing below `pipeline` and `cli` logs and swallows one of these.
"""


class ForwarderError(Exception):
    """Base of all errors of this product. The text names the thing, the value seen and the mend."""


class Retry(ForwarderError):
    """The same call may succeed later. `after` is the other side's own wish in seconds, if it gave one."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class WindowChanged(Retry):
    """The API no longer knows a cursor of this window: read the window again from its first page."""


class StoreUnavailable(Retry):
    """The store is full or cannot be written: pause collecting, lose nothing."""


class Reject(ForwarderError):
    """One record or event is refused for good. `reason` is a short stable code, the text the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Fatal(ForwarderError):
    """Only a person's change can help: keep everything, say so, probe."""


class Misconfigured(Fatal):
    """A setting, file, token, index, table or role is wrong; the text says which and how to mend it."""


class AccessRefused(Fatal):
    """Anthropic refuses the key or its scopes; the text says what is missing and where it is made."""
