"""What was read and is not yet confirmed, how far reading has come, and which ids are known.

`interface` is what others use, `open` chooses the engine, each engine has a folder. The store knows chunks, checkpoints
and dead letters. It knows neither Anthropic nor a SIEM, and nothing of OCSF.
"""

from forwarder.store.chunk import Chunk, Packed, pack
from forwarder.store.interface import DeadLetters, Inbox, Store
from forwarder.store.open import URL_HELP, URL_PATTERN, open_dead_letters, open_inbox, open_store, store_file
from forwarder.store.values import (
    AckTicket,
    BackfillProgress,
    Checkpoint,
    DeadLetterFilter,
    Delivery,
    KeptDeadLetter,
    Lease,
    LeaseLost,
    PageCommit,
    PendingAck,
    Reread,
    StoreFault,
    StoreInUse,
)

__all__ = [
    "URL_HELP",
    "URL_PATTERN",
    "AckTicket",
    "BackfillProgress",
    "Checkpoint",
    "Chunk",
    "DeadLetterFilter",
    "DeadLetters",
    "Delivery",
    "Inbox",
    "KeptDeadLetter",
    "Lease",
    "LeaseLost",
    "Packed",
    "PageCommit",
    "PendingAck",
    "Reread",
    "Store",
    "StoreFault",
    "StoreInUse",
    "open_dead_letters",
    "open_inbox",
    "open_store",
    "pack",
    "store_file",
]
