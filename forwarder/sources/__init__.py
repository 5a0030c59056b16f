"""Where records come from: one file a source. A source knows paging, lateness and its own marks.

It yields batches of records and never knows a sink.
"""

from forwarder.sources.activities import ActivitiesSource
from forwarder.sources.batch import BackfillSource, Batch, KnownIds, NewRecord, Source, SourceState, StatefulRecord
from forwarder.sources.settings import (
    ActivitiesSettings,
    KeyListSettings,
    ListSettings,
    ReportSettings,
    UsageSettings,
)

__all__ = [
    "ActivitiesSettings",
    "ActivitiesSource",
    "BackfillSource",
    "Batch",
    "KeyListSettings",
    "KnownIds",
    "ListSettings",
    "NewRecord",
    "ReportSettings",
    "Source",
    "SourceState",
    "StatefulRecord",
    "UsageSettings",
]
