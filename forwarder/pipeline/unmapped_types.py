"""Activity types that the catalogue does not know, or not wholly, since the start: for metrics and health events.

Invariant: bounded. Type names come from outside; beyond `MAX_TYPES` different ones they are counted together.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from forwarder.records import Event
from forwarder.status import Metrics

MAX_TYPES = 200
OTHERS = "(others)"
_REPORTED = 50


class UnmappedTypes:
    """Counts events by type: those of unknown types, and those of known types with unknown fields or values."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._unknown: Counter[str] = Counter()
        self._partial: Counter[str] = Counter()

    def count(self, events: Iterable[Event]) -> None:
        """Count the events that the catalogue did not map in full."""
        for event in events:
            if event.mapping_level == "fallback":
                self._add(self._unknown, self._metrics.unmapped, event.key_fields.event_code)
            elif event.mapping_level == "partial":
                self._add(self._partial, self._metrics.partial, event.key_fields.event_code)

    def statistics(self) -> dict[str, dict[str, int]]:
        """The most frequent types of each kind with their number of events; a kind without events is left out."""
        kinds = {"unknown_types": self._unknown, "partly_known_types": self._partial}
        with self._lock:
            return {name: dict(counter.most_common(_REPORTED)) for name, counter in kinds.items() if counter}

    def _add(self, counter: Counter[str], metric: Any, code: str) -> None:
        with self._lock:
            name = code if code in counter or len(counter) < MAX_TYPES else OTHERS
            counter[name] += 1
        metric.labels(name).inc()
