"""An archive: the folder itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forwarder.simulator.audit import archived
from forwarder.simulator.certificates import Certificate
from forwarder.simulator.stand_ins import StandIn


class ArchiveStandIn(StandIn):
    """Events are kept whatever `keep_events` says."""

    def __init__(self, folder: Path, *, keep_events: bool, certificate: Certificate | None) -> None:
        self.path = folder / "archive"

    def settings(self) -> dict[str, Any]:
        """See `StandIn.settings`."""
        return {"path": str(self.path)}

    def events(self) -> Iterator[dict[str, Any]]:
        """See `StandIn.events`."""
        return archived(self.path)


STAND_IN = ArchiveStandIn
