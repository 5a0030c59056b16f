"""A local destination for each kind of sink: for the demo, the tests and users' dry runs.

`KIND.py` here defines `STAND_IN`, the class for the kind of that name in `forwarder.sinks.SINKS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from forwarder.private_files import write_private
from forwarder.simulator.certificates import Certificate
from forwarder.simulator.destination import DestinationServer


class StandIn(ABC):
    """A destination with its files in `folder`.

    `certificate`: what a server shows if its product also speaks plain HTTP.
    """

    server: DestinationServer | None = None
    """What must be started before events arrive; `None`: nothing."""

    @abstractmethod
    def __init__(self, folder: Path, *, keep_events: bool, certificate: Certificate | None) -> None: ...

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Settings of a sink that sends here, as the file has them; a secret is in a file of its own."""

    @abstractmethod
    def events(self) -> Iterator[dict[str, Any]]:
        """What arrived and was kept, in order, with the attributes of the OCSF event at the top."""


class HttpStandIn(StandIn):
    """A destination that is an HTTP server.

    Beside the faults that every server has it knows `refuse-event`: refuse the first event that holds the text
    `contains`; with `numbered` (where `names_refused_events`) the answer names it.
    """

    server: DestinationServer
    event_path: str
    """Part of the path of every request that carries events."""
    secret_file: Path
    body_limit: int
    """Bytes of a body before compression that the product's documentation allows."""
    names_refused_events: bool
    """Whether an answer may say which event of the body is refused."""

    def write_secret(self, text: str) -> str:
        """Put the credential into its file; the file's path."""
        write_private(self.secret_file, text.encode())
        return str(self.secret_file)


def kinds() -> list[str]:
    """The kinds of sink that have a destination here."""
    return sorted(module.name for module in iter_modules(__path__))


def stand_in_class(kind: str) -> type[StandIn]:
    """The destination for a kind of sink. Raises `ModuleNotFoundError` if there is none."""
    found: type[StandIn] = import_module(f"{__name__}.{kind}").STAND_IN
    return found
