"""What was read and is not yet confirmed, how far reading has come, and which ids are known.

The store knows chunks, marks and letters. It knows neither Anthropic nor a SIEM, and nothing of OCSF.
"""

from forwarder.store.chunk import Chunk, pack
from forwarder.store.lock import StoreLock
from forwarder.store.sqlite import SqliteStore
from forwarder.store.values import AckTicket, Checkpoint, Delivery, PageCommit, PendingAck, Reread

__all__ = [
    "AckTicket",
    "Checkpoint",
    "Chunk",
    "Delivery",
    "PageCommit",
    "PendingAck",
    "Reread",
    "SqliteStore",
    "StoreLock",
    "pack",
]
