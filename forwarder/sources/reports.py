"""Reports of the Admin API as a source: a bucket's usage records, sent when settled and again when restated.

Invariants:
- A usage record is sent once, and again only when it differs; what was sent is stored in the same transaction.
- Rows that a bucket groups alike, such as those of two keys with one name, are as many records. Their order has no
  meaning: a source that returns them in another order sends nothing again.
- The watermarks move behind the last bucket of each request. A report that fails half way is read again from there.
- A bucket is requested when it has ended by every clock that counts. One outside the requested window becomes a dead
  letter.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from forwarder.anthropic import AdminApi, ClockReading
from forwarder.ocsf import usage_uid
from forwarder.ocsf.admin.fields import canonical
from forwarder.ocsf.core.values import milliseconds
from forwarder.records import DeadLetter, UsageRecord, Window, dead_letter_body
from forwarder.sources.base import AdminSource, Batch, NewRecord, SourceState, StateEntries
from forwarder.sources.report_buckets import BucketReport, RawBucket, Watermarks, due, first_watermarks
from forwarder.sources.settings import ReportSettings
from forwarder.sources.times import DAY_US, aligned, start_us

WATERMARKS_ENTRY = "#"
"""The state entry of the watermarks. The others are `START/UID`: the digest of a usage record that was sent."""
SENT_KEPT_US = 8 * DAY_US
"""How long before the last watermark digests are kept."""

AlsoStore = Callable[[str, SourceState, Sequence[UsageRecord]], StateEntries]
"""(account, store, a whole bucket) → state entries that other sources need."""


class ReportSource(AdminSource):
    """One report read with one key."""

    def __init__(
        self,
        account: str,
        kind: str,
        settings: ReportSettings,
        api: AdminApi,
        report: BucketReport,
        also_store: AlsoStore | None = None,
    ) -> None:
        super().__init__(account, kind, settings.poll, api)
        self._account = account
        self._kind = kind
        self._start = settings.start
        self._report = report
        self._also_store = also_store

    def read(self, state: SourceState) -> Iterator[Batch]:
        """What is due. Raises `Retry` and `AccessRefused` as the client does."""
        organization = self._api.organization()
        for reread in state.rereads(self.name):
            yield from self._reread(state, Window(reread.oldest_us, reread.newest_us + 1), organization)
            yield Batch(reread_done=reread.id)
        report, time = self._report, self._time()
        watermarks = self._watermarks(state, time)
        for window, after in due(watermarks, time.earliest_us, report.width_us, report.ages_us, report.max_buckets):
            for bucket in self._buckets(window, organization):
                yield self._batch(state, bucket)
            entries = {**self._expired(state, after), WATERMARKS_ENTRY: orjson.dumps(after)}
            yield Batch(state_entries={self.name: entries})
        self._assert_clocks_agree()

    def check(self) -> str:
        """See `Source.check`."""
        organization = self._api.organization()
        end = aligned(self._time().earliest_us - self._report.ages_us[0], self._report.width_us)
        buckets = list(self._buckets(Window(end - self._report.width_us, end), organization))
        return f"the key reads the report; its last settled bucket has {sum(len(b.records) for b in buckets)} rows"

    def _watermarks(self, state: SourceState, time: ClockReading) -> Watermarks:
        """The stored ones; those ahead of every clock were moved by one that was wrong, and go back."""
        report = self._report
        entry = state.state_entries(self.name, WATERMARKS_ENTRY, WATERMARKS_ENTRY + " ").get(WATERMARKS_ENTRY)
        watermarks = tuple(orjson.loads(entry)) if entry else ()
        if len(watermarks) != len(report.ages_us):
            return first_watermarks(start_us(self._start, time.earliest_us), report.width_us, report.ages_us)
        if time.is_ahead(max(watermarks)) and max(watermarks) > start_us(self._start, time.latest_us):
            return first_watermarks(time.earliest_us - SENT_KEPT_US, report.width_us, report.ages_us)
        return watermarks

    def _expired(self, state: SourceState, watermarks: Watermarks) -> dict[str, bytes | None]:
        return dict.fromkeys(state.state_entries(self.name, "0", _entry_prefix(min(watermarks) - SENT_KEPT_US)))

    def _buckets(self, window: Window, organization: str | None) -> Iterator["_BucketRecords"]:
        for bucket in self._report.read(self._api, window):
            yield _bucket_records(self._kind, bucket, window, self.now_us(), organization)

    def _sent(self, state: SourceState, bucket: "_BucketRecords") -> dict[str, bytes]:
        prefix = _entry_prefix(bucket.start_us)
        state_entries = state.state_entries(self.name, f"{prefix}/", f"{prefix}0")
        return {name.partition("/")[2]: digest for name, digest in state_entries.items()}

    def _batch(self, state: SourceState, bucket: "_BucketRecords", *, again: bool = False) -> Batch:
        """What is new in a bucket, or all of it `again`, with its state entries."""
        sent = self._sent(state, bucket)
        new = [row for row in _identified(bucket.records, sent) if again or sent.get(row.uid) != row.digest]
        prefix = _entry_prefix(bucket.start_us)
        own: StateEntries = {self.name: {f"{prefix}/{row.uid}": row.digest for row in new}}
        others = self._also_store(self._account, state, bucket.records) if self._also_store and new else {}
        return Batch(
            incoming=[NewRecord(row.record, bucket.start_us, None) for row in new],
            dead_letters=bucket.dead_letters,
            read=len(bucket.records) + len(bucket.dead_letters),
            state_entries={**own, **others},
        )

    def _reread(self, state: SourceState, damaged: Window, organization: str | None) -> Iterator[Batch]:
        width = self._report.width_us
        start = aligned(damaged.start_us, width)
        while start < damaged.end_us:
            for bucket in self._buckets(Window(start, start + width), organization):
                yield self._batch(state, bucket, again=True)
            start += width


class _BucketRecords(NamedTuple):
    start_us: int
    records: list[UsageRecord]
    dead_letters: list[DeadLetter]


def _bucket_records(
    kind: str, bucket: RawBucket, window: Window, read_us: int, organization: str | None
) -> _BucketRecords:
    """The usage records of a bucket that was read at `read_us` in a request for `window`."""
    start_ms, end_ms = milliseconds(bucket.starting_at), milliseconds(bucket.ending_at)
    if start_ms is None or end_ms is None or not isinstance(bucket.rows, list):
        return _refused(kind, bucket, window, "bad-bucket", "no timestamps or no rows")
    if not window.start_us <= start_ms * 1000 < end_ms * 1000 <= window.end_us:
        return _refused(kind, bucket, window, "bucket-outside", "not within the requested window")
    records, dead_letters = [], []
    for row in bucket.rows:
        if isinstance(row, dict):
            records.append(UsageRecord(kind, start_ms, end_ms, row, read_us // 1000, organization))
        else:
            why = ("not-an-object", f"a row of the bucket is {type(row).__name__}, not an object")
            dead_letters.append(DeadLetter(kind, "source", *why, None, dead_letter_body(row)))
    return _BucketRecords(start_ms * 1000, records, dead_letters)


def _refused(kind: str, bucket: RawBucket, window: Window, reason: str, why: str) -> _BucketRecords:
    detail = f"bucket from {bucket.starting_at!r:.40} to {bucket.ending_at!r:.40}: {why}"
    dead_letter = DeadLetter(kind, "source", reason, detail, None, dead_letter_body(bucket._asdict()))
    return _BucketRecords(window.start_us, [], [dead_letter])


class _Row(NamedTuple):
    """A usage record, and what it is known by."""

    record: UsageRecord
    uid: str
    digest: bytes


def _identified(records: Sequence[UsageRecord], sent: Mapping[str, bytes]) -> list[_Row]:
    """Each record with a uid of its own: rows that are grouped alike differ by their occurrence.

    A row that was `sent` (uid → digest) and has not changed keeps its uid, wherever it stands now. The others take the
    free ones, in an order that does not depend on the source's.
    """
    alike: dict[str, list[_Row]] = {}
    for record in records:
        row = _Row(record, usage_uid(record), _digest(record.fields))
        alike.setdefault(row.uid, []).append(row)
    return [numbered for rows in alike.values() for numbered in _numbered(rows, sent)]


def _numbered(rows: list[_Row], sent: Mapping[str, bytes]) -> Iterator[_Row]:
    uids = [rows[0].uid]
    while len(uids) < len(rows) or uids[-1] in sent:
        uids.append(usage_uid(rows[len(uids) % len(rows)].record._replace(occurrence=len(uids))))
    free = dict(enumerate(uids))
    unchanged: dict[bytes | None, list[int]] = {}
    for number in reversed(free):
        unchanged.setdefault(sent.get(uids[number]), []).append(number)
    changed = []
    for row in sorted(rows, key=lambda row: row.digest):
        if numbers := unchanged.get(row.digest):
            number = numbers.pop()
            yield row._replace(record=row.record._replace(occurrence=number), uid=free.pop(number))
        else:
            changed.append(row)
    for row, (number, uid) in zip(changed, free.items(), strict=False):
        yield row._replace(record=row.record._replace(occurrence=number), uid=uid)


def _digest(fields: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical(fields)).digest()[:16]


def _entry_prefix(time_us: int) -> str:
    return f"{max(time_us, 0):020d}"
