"""The ledger of a receiver: what was stored, how often, and (when asked to) the events themselves."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any


class Deliveries:
    """Counts by uid; a uid counted twice was delivered twice. `keep_events` also keeps each event.

    Kept is its text, which takes a fifth of the memory: a month of events fits into a small container.
    """

    def __init__(self, *, keep_events: bool = False) -> None:
        self.uids: Counter[str] = Counter()
        self.texts: list[str] = []
        self.bytes = 0
        self._keep = keep_events

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """Take what one request delivered; `size` is its body in bytes before compression."""
        self.uids.update(uids)
        self.bytes += size
        if self._keep:
            self.texts.extend(map(json.dumps, events))

    def read(self, since: int = 0) -> Iterator[Any]:
        """The kept events in the order of arrival, without the first `since`, each parsed when it is asked for."""
        return map(json.loads, islice(self.texts, since, None))

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
        self.texts.clear()
        self.bytes = 0
