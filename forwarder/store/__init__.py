"""What was read and is not yet confirmed, how far reading has come, and which ids are known.

The store knows chunks, marks and letters. It knows neither Anthropic nor a SIEM, and nothing of OCSF.
"""

from forwarder.store.chunk import Chunk, pack
from forwarder.store.lock import StoreLock
from forwarder.store.sqlite import SqliteStore
from forwarder.store.values import Delivery, HandedOver, Handover, Mark, PageCommit, Reread

__all__ = [
    "Chunk",
    "Delivery",
    "HandedOver",
    "Handover",
    "Mark",
    "PageCommit",
    "Reread",
    "SqliteStore",
    "StoreLock",
    "pack",
]
