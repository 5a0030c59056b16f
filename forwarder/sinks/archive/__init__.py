"""An evidence archive: `DAY/part-NNNN.ndjson.gz`, one line an event, each line chained to the one before.

A line is `{"seq", "prev", "hash", "event"}`; `hash` is SHA-256 over `prev`, the sequence number and the event's
bytes, so a changed, removed, reordered or inserted line breaks every hash after it. DAY is the day
of arrival by the source's clock.

Invariants:
- A chunk is one gzip member, written and fsynced before it is confirmed.
- `head.json` names part, length, sequence, hash and the delivery last confirmed; it is replaced atomically after
  the member. Bytes behind it are an incomplete write after a crash: they are removed and written again from the store.
- When a day closes, its `manifest.json` records how many lines it holds and its last hash.
- A day is removed only when it is closed and, counted from the newest, older than `keep`, and `trimmed.json` has
  recorded its end before.

A person who can write to the folder can write another chain, but not change the hash that the SIEM holds: the
forwarder's health events carry the head, and `verify` finds it in the chain or reports that it is missing.
"""

from forwarder.sinks.archive.chain import UnreadablePart, lines
from forwarder.sinks.archive.sink import ArchiveSettings, ArchiveSink
from forwarder.sinks.archive.verify import VerificationReport, verify

__all__ = ["ArchiveSettings", "ArchiveSink", "UnreadablePart", "VerificationReport", "lines", "verify"]
