"""Where records come from: one file a source. A source knows paging, lateness and its own marks.

It yields batches of records and never knows a sink.
"""

from forwarder.sources.activities import ActivitiesSource
from forwarder.sources.batch import Batch, Incoming, KnownIds, Memory, Noted, Past, Source

__all__ = ["ActivitiesSource", "Batch", "Incoming", "KnownIds", "Memory", "Noted", "Past", "Source"]
