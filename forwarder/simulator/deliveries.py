"""The ledger of a receiver: what was stored, how often, and (when asked to) the events themselves."""

from collections import Counter
from typing import Any


class Deliveries:
    """Counts by uid; a uid counted twice was delivered twice. `keep_events` also keeps each event as parsed."""

    def __init__(self, *, keep_events: bool = False) -> None:
        self.uids: Counter[str] = Counter()
        self.events: list[Any] = []
        self.bytes = 0
        self._keep = keep_events

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """Take what one request delivered; `size` is its body in bytes before compression."""
        self.uids.update(uids)
        self.bytes += size
        if self._keep:
            self.events.extend(events)

    def summary(self) -> dict[str, int]:
        """Everything stored, distinct uids, surplus copies, bytes."""
        total = self.uids.total()
        return {
            "events": total,
            "distinct": len(self.uids),
            "duplicates": total - len(self.uids),
            "bytes": self.bytes,
        }

    def clear(self) -> None:
        """Forget everything."""
        self.uids.clear()
        self.events.clear()
        self.bytes = 0
