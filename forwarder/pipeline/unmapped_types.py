"""Activity types that the catalogue does not know, or not wholly, since the start: for metrics and health events.

Invariant: bounded. Names come from outside; beyond `MOST` different ones they are counted together.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from forwarder.records import Event
from forwarder.status import Metrics

MOST = 200
OTHERS = "(others)"
_SHOWN = 50


class UnmappedTypes:
    """Counts events by type: those of unknown types, and those of known types with unknown parts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._unknown: Counter[str] = Counter()
        self._partial: Counter[str] = Counter()

    def note(self, events: Iterable[Event]) -> None:
        """Count what of these events the catalogue did not know."""
        for event in events:
            if event.mapping_level == "fallback":
                self._count(self._unknown, self._metrics.unmapped, event.key_fields.event_code)
            elif event.mapping_level == "partial":
                self._count(self._partial, self._metrics.partial, event.key_fields.event_code)

    def figures(self) -> dict[str, dict[str, int]]:
        """The most frequent types of each kind with their events; empty where there are none."""
        told = {"unknown_types": self._unknown, "partly_known_types": self._partial}
        with self._lock:
            return {name: dict(counted.most_common(_SHOWN)) for name, counted in told.items() if counted}

    def _count(self, counted: Counter[str], metric: Any, code: str) -> None:
        with self._lock:
            name = code if code in counted or len(counted) < MOST else OTHERS
            counted[name] += 1
        metric.labels(name).inc()
