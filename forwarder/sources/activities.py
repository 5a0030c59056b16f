"""The Activity Feed as a source: windows read page by page, late rows found, known rows left out.

Invariants:
- A page's unknown rows are yielded at once; the checkpoint moves only with the window's last page. A window that
  fails is read again from its first page.
- A window that fails `POSTPONED_AFTER` reads in a row, while the API answers otherwise, is postponed: the checkpoint
  moves on, so that newer rows arrive, and what is unread of it is tried by itself at every read, in ever smaller parts.
- A read is complete only when nothing is unread and the clocks agree. Until then it ends with `Retry`.
- "Known" is the id set, looked up for the page's own time range, so an ordinary re-read yields nothing.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from forwarder.anthropic import ActivityFeed, Unreadable, read_time, rfc3339, walk
from forwarder.errors import Reject, Retry
from forwarder.records import (
    OPEN_END_US,
    DeadLetter,
    Page,
    Record,
    Window,
    dead_letter_body,
    identify,
    namespace,
)
from forwarder.sources.base import Batch, KnownIds, NewRecord, SourceState, account_labels, source_name
from forwarder.sources.passes import MAX_UNREAD, Pass, advanced, first_checkpoint, halves, next_pass, rewound, without
from forwarder.sources.settings import ActivitiesSettings
from forwarder.store import Checkpoint, Reread

ACTIVITIES = "activities"
POSTPONED_AFTER = 3
TRIES = 3
"""How many postponed windows may fail in one read: each costs seconds in which newer rows wait."""
_SPACE = namespace("activity")


class ActivitiesSource:
    """The feed of one key."""

    def __init__(self, settings: ActivitiesSettings, feed: ActivityFeed, account: str = "") -> None:
        self.name = source_name(account, ACTIVITIES)
        self.labels = account_labels(account)
        self.poll = settings.poll
        self._settings = settings
        self._feed = feed
        self._clock = feed.client.clock
        self._failed_reads = 0
        """Reads in a row that met an unreadable window."""

    def now_us(self) -> int:
        """Anthropic's time."""
        return self._clock.now_us()

    def answered(self) -> int:
        """See `Source.answered`."""
        return self._feed.answered

    def problem(self) -> str:
        """See `Source.problem`."""
        return self._feed.client.problem

    def learn_now_us(self) -> int:
        """See `BackfillSource.learn_now_us`."""
        return self._feed.learn_time().now_us

    def skew(self) -> float:
        """Anthropic's time minus local time, in seconds."""
        return self._clock.skew_seconds

    def check(self) -> str:
        """See `Source.check`."""
        newest = self._feed.newest()
        skew = f"clock skew {self.skew():+.0f} s"
        if not newest.items:
            return f"the key reads the Activity Feed, which is empty (is the Compliance API enabled?); {skew}"
        age = (self.now_us() - admit(newest.items[0]).created_us) / 1e6
        return f"the key reads the Activity Feed; newest event {age:.0f} s old; {skew}"

    def close(self) -> None:
        """See `Source.close`."""
        self._feed.client.close()

    def credential_version(self) -> object:
        """Changes when the key's file changes."""
        return self._feed.client.key.version()

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """Ids are kept for the reconcile depth before the watermark, plus a day."""
        proven_us = min(checkpoint.watermark_us, self._clock.reading().earliest_us)
        return proven_us - int((self._settings.reconcile + 86_400) * 1_000_000)

    def read(self, state: SourceState) -> Iterator[Batch]:
        """Everything new. Raises `Retry` and `AccessRefused` as the client does, and `Retry` when it is incomplete."""
        try:
            yield from self._read_new(state)
        except Unreadable:
            self._failed_reads += 1
            raise
        self._failed_reads = 0
        problem = (yield from self._read_unread(state)) or self._clock.reading().disagreement
        if problem:
            raise Retry(problem, after=self.poll)

    def _read_new(self, state: SourceState) -> Iterator[Batch]:
        time = self._feed.learn_time()
        checkpoint = state.checkpoint(self.name)
        if checkpoint is None:
            checkpoint = first_checkpoint(self._settings, time, state.recovered is not None)
        elif again := rewound(checkpoint, self._settings, time):
            ahead = (checkpoint.watermark_us - time.latest_us) // 1_000_000
            checkpoint = again
            yield Batch(checkpoint=again, notice=f"{self.name}: was read up to {ahead} s ahead of now by a wrong clock")
        due = next_pass(checkpoint, self._settings, time)
        unread = [_window_of(reread) for reread in state.rereads(self.name)]
        for window in (part for whole in due.windows() for part in without(whole, unread)):
            after = advanced(checkpoint, due, window, self._settings)
            try:
                yield from self._window(state, window, checkpoint, after, due)
            except Unreadable as fault:
                if self._failed_reads < POSTPONED_AFTER or len(state.rereads(self.name)) >= MAX_UNREAD:
                    raise
                left = Window(fault.rest.start_us, min(fault.rest.end_us, max(due.until_us, fault.rest.start_us + 1)))
                yield Batch(checkpoint=after, unread=[left], notice=f"{self.name}: postponed {_text(left)}: {fault}")
            checkpoint = after

    def _window(
        self, state: SourceState, window: Window, checkpoint: Checkpoint, after: Checkpoint, due: Pass
    ) -> Iterator[Batch]:
        for page in walk(self._feed, window):
            batch = self._new_of(page, state, window)
            late = [i.created_us for i in batch.incoming if i.created_us < checkpoint.watermark_us]
            overlap_from = checkpoint.watermark_us - int(self._settings.overlap * 1_000_000)
            yield batch._replace(
                checkpoint=None if page.has_more else after,
                late_us=[self.now_us() - created_us for created_us in late],
                beyond_overlap=sum(created_us < overlap_from for created_us in late),
                reconciled=due.reconciling and window.end_us == OPEN_END_US and not page.has_more,
            )

    def backfill_window(self, state: KnownIds, window: Window, everything: bool = False) -> Iterator[Batch]:
        """A past window, a batch per page, without moving the checkpoint. Raises as `read` does.

        Rows in the id set are left out, unless `everything` is set.
        """
        known: KnownIds = _WindowIds() if everything else state
        for page in walk(self._feed, window):
            yield self._new_of(page, known, window)

    def _read_unread(self, state: SourceState) -> Generator[Batch, None, str]:
        """Read what was postponed, or was damaged in the store. Returns why it is not all read; empty when it is."""
        problem, failed = "", 0
        for reread in state.rereads(self.name):
            if failed == TRIES:
                break
            try:
                yield from self._reread(state, reread)
            except Unreadable as fault:
                failed += 1
                room = MAX_UNREAD - len(state.rereads(self.name))
                problem = f"{self.name}: {_text(fault.rest)} cannot be read, newer rows are collected: {fault}"
                yield Batch(reread_done=reread.id, unread=halves(fault.rest, room))
        return problem

    def _reread(self, state: SourceState, reread: Reread) -> Iterator[Batch]:
        window = _window_of(reread)
        for page in walk(self._feed, window):
            yield self._new_of(page, state, window)._replace(reread_done=None if page.has_more else reread.id)

    def _new_of(self, page: Page, state: KnownIds, window: Window) -> Batch:
        records, dead_letters = admitted(page.items, window)
        if not records:
            return Batch(dead_letters=dead_letters, read=len(page.items))
        times = [incoming.created_us for incoming in records]
        known = state.known(self.name, min(times), max(times))
        new = []
        for incoming in records:
            if incoming.digest is not None and incoming.digest not in known:
                known.add(incoming.digest)
                new.append(incoming)
        return Batch(incoming=new, dead_letters=dead_letters, read=len(page.items))


class _WindowIds:
    """The ids read so far in one window: a window that restarts yields no row twice."""

    def __init__(self) -> None:
        self._digests: set[int] = set()

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `KnownIds.known`; the caller adds what is new."""
        return self._digests


def admitted(items: Sequence[Any], window: Window) -> tuple[list[NewRecord], list[DeadLetter]]:
    """Records and dead letters of a page. A record is stored within its window, whatever its own timestamp says."""
    records, dead_letters = [], []
    for item in items:
        try:
            record = admit(item)
        except Reject as refusal:
            dead_letters.append(refused_activity(item, refusal))
            continue
        if not window.start_us <= record.created_us < window.end_us:
            nearest = min(max(record.created_us, window.start_us), window.end_us - 1)
            record = record._replace(created_us=nearest)
        records.append(record)
    return records, dead_letters


def admit(item: Any) -> NewRecord:
    """The record in one item of a page: an object with a non-empty string `id`, a string `type` and a `created_at`.

    Raises `Reject` for everything else; there are no other reasons.
    """
    if not isinstance(item, dict):
        raise Reject("not-an-object", f"an item of the page is {type(item).__name__}, not an object")
    source_id, kind = item.get("id"), item.get("type")
    if not isinstance(source_id, str) or not source_id:
        raise Reject("no-id", f"`id` is {source_id!r:.80}, not a non-empty string")
    if not isinstance(kind, str):
        raise Reject("no-type", f"`type` is {kind!r:.80}, not a string")
    created_us = read_time(item.get("created_at"))
    uid, digest = identify(_SPACE, source_id)
    return NewRecord(Record(ACTIVITIES, uid, created_us // 1000, item), created_us, digest)


def refused_activity(item: Any, refusal: Reject) -> DeadLetter:
    """The dead letter of a refused item."""
    uid = item.get("id") if isinstance(item, dict) else None
    uid = uid if isinstance(uid, str) else None
    return DeadLetter(ACTIVITIES, "source", refusal.reason, str(refusal), uid, dead_letter_body(item))


def _window_of(reread: Reread) -> Window:
    return Window(reread.oldest_us, reread.newest_us + 1)


def _text(window: Window) -> str:
    return f"{rfc3339(window.start_us)} to {rfc3339(window.end_us)}"
