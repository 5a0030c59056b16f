"""Where records come from. `registry.py` lists the sources; a source knows paging, lateness and its checkpoint.

It yields batches of records and never knows a sink.
"""

from forwarder.sources.activities import ActivitiesSource
from forwarder.sources.base import BackfillSource, Batch, KnownIds, NewRecord, Source, SourceState
from forwarder.sources.registry import SOURCES, SourceKind
from forwarder.sources.settings import (
    ActivitiesSettings,
    KeyListSettings,
    ListSettings,
    ReportSettings,
    SourceSettings,
    UsageSettings,
)

__all__ = [
    "SOURCES",
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
    "SourceKind",
    "SourceSettings",
    "SourceState",
    "UsageSettings",
]
