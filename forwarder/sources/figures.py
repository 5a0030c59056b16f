"""What a bucket holds: figures, and letters for what is none. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf import figure_uid
from forwarder.ocsf.times import milliseconds
from forwarder.records import Figure, Letter, Window, letter_body
from forwarder.sources.report_kinds import Bucket


class Statement(NamedTuple):
    """What a report says of one bucket."""

    start_us: int
    figures: list[Figure]
    letters: list[Letter]


def statement(kind: str, bucket: Bucket, window: Window, read_us: int, organization: str | None) -> Statement:
    """The figures of a bucket that was read at `read_us`, when `window` was asked for."""
    start_ms, end_ms = milliseconds(bucket.starting_at), milliseconds(bucket.ending_at)
    if start_ms is None or end_ms is None or not isinstance(bucket.rows, list):
        return _refused(kind, bucket, window, "bad-bucket", "it has no times, or no rows")
    if not window.start_us <= start_ms * 1000 < end_ms * 1000 <= window.end_us:
        return _refused(kind, bucket, window, "bucket-outside", "its times are not within what was asked for")
    figures, letters = [], []
    for row in bucket.rows:
        if isinstance(row, dict):
            figures.append(Figure(kind, start_ms, end_ms, row, read_us // 1000, organization))
        else:
            why = ("not-an-object", f"a row of the bucket is {type(row).__name__}, not an object")
            letters.append(Letter(kind, "source", *why, None, letter_body(row)))
    return Statement(start_ms * 1000, figures, letters)


def new_of(figures: list[Figure], said: Mapping[str, bytes]) -> tuple[list[Figure], dict[str, bytes | None]]:
    """Those that `said` does not know as they are now, and what is noted of them, by uid."""
    fresh, notes = [], dict[str, bytes | None]()
    for figure in figures:
        uid, digest = figure_uid(figure), _digest(figure.fields)
        if said.get(uid) != digest and notes.get(uid) != digest:
            fresh.append(figure)
            notes[uid] = digest
    return fresh, notes


def _refused(kind: str, bucket: Bucket, window: Window, reason: str, why: str) -> Statement:
    detail = f"bucket from {bucket.starting_at!r:.40} to {bucket.ending_at!r:.40}: {why}"
    return Statement(window.start_us, [], [Letter(kind, "source", reason, detail, None, letter_body(bucket._asdict()))])


def _digest(fields: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).digest()[:16]
