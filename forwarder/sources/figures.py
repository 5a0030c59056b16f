"""What a bucket holds: figures, and letters for what is none. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf import usage_uid
from forwarder.ocsf.core.values import milliseconds
from forwarder.records import DeadLetter, UsageRecord, Window, dead_letter_body
from forwarder.sources.report_kinds import Bucket


class Statement(NamedTuple):
    """What a report says of one bucket."""

    start_us: int
    figures: list[UsageRecord]
    dead_letters: list[DeadLetter]


def statement(kind: str, bucket: Bucket, window: Window, read_us: int, organization: str | None) -> Statement:
    """The figures of a bucket that was read at `read_us`, when `window` was asked for."""
    start_ms, end_ms = milliseconds(bucket.starting_at), milliseconds(bucket.ending_at)
    if start_ms is None or end_ms is None or not isinstance(bucket.rows, list):
        return _refused(kind, bucket, window, "bad-bucket", "it has no times, or no rows")
    if not window.start_us <= start_ms * 1000 < end_ms * 1000 <= window.end_us:
        return _refused(kind, bucket, window, "bucket-outside", "its times are not within what was asked for")
    figures, dead_letters = [], []
    for row in bucket.rows:
        if isinstance(row, dict):
            figures.append(UsageRecord(kind, start_ms, end_ms, row, read_us // 1000, organization))
        else:
            why = ("not-an-object", f"a row of the bucket is {type(row).__name__}, not an object")
            dead_letters.append(DeadLetter(kind, "source", *why, None, dead_letter_body(row)))
    return Statement(start_ms * 1000, figures, dead_letters)


def new_of(figures: list[UsageRecord], said: Mapping[str, bytes]) -> tuple[list[UsageRecord], dict[str, bytes | None]]:
    """Those that `said` does not know as they are now, and what is noted of them, by uid."""
    fresh, state_entries = [], dict[str, bytes | None]()
    for figure in figures:
        uid, digest = usage_uid(figure), _digest(figure.fields)
        if said.get(uid) != digest and state_entries.get(uid) != digest:
            fresh.append(figure)
            state_entries[uid] = digest
    return fresh, state_entries


def _refused(kind: str, bucket: Bucket, window: Window, reason: str, why: str) -> Statement:
    detail = f"bucket from {bucket.starting_at!r:.40} to {bucket.ending_at!r:.40}: {why}"
    return Statement(
        window.start_us, [], [DeadLetter(kind, "source", reason, detail, None, dead_letter_body(bucket._asdict()))]
    )


def _digest(fields: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).digest()[:16]
