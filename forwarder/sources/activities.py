"""The Activity Feed as a source: windows read page by page, late rows found, known rows left out.

Invariants:
- Pages are walked with `after_id` only inside one window; cursors are never kept across windows.
- A page's unknown rows are yielded at once; the checkpoint moves only with the window's last page. A window that
  fails is read again from its first page.
- A bad record never stops a page: it becomes a dead letter with its reason.
- "Known" is the id set, looked up for the page's own time range, so an ordinary re-read yields nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from forwarder.anthropic import ActivityFeed
from forwarder.errors import Reject, Retry, WindowChanged
from forwarder.records import DeadLetter, Page, Record, Window, dead_letter_body, identify, namespace
from forwarder.sources.base import Batch, KnownIds, NewRecord, SourceState, account_labels, source_name
from forwarder.sources.passes import Pass, advanced, first_checkpoint, next_pass
from forwarder.sources.settings import ActivitiesSettings
from forwarder.store import Checkpoint

ACTIVITIES = "activities"
RESTARTS = 3
"""How often a window is restarted in one pass when the API no longer accepts its cursor."""
_SPACE = namespace("activity")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ActivitiesSource:
    """The feed of one key."""

    def __init__(self, settings: ActivitiesSettings, feed: ActivityFeed, account: str = "") -> None:
        self.name = source_name(account, ACTIVITIES)
        self.labels = account_labels(account)
        self.poll = settings.poll
        self._settings = settings
        self._feed = feed

    def now_us(self) -> int:
        """Anthropic's time."""
        return self._feed.client.clock.now_us()

    def learn_now_us(self) -> int:
        """See `BackfillSource.learn_now_us`."""
        return self._feed.learn_time()

    def skew(self) -> float:
        """Anthropic's time minus local time, in seconds."""
        return self._feed.client.clock.skew_seconds

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
        return checkpoint.watermark_us - int((self._settings.reconcile + 86_400) * 1_000_000)

    def read(self, state: SourceState) -> Iterator[Batch]:
        """Everything new up to the server's now. Raises `Retry` and `AccessRefused` as the client does."""
        now_us = self.learn_now_us()
        yield from self._reread(state)
        checkpoint = state.checkpoint(self.name) or first_checkpoint(
            self._settings, now_us, state.recovered is not None
        )
        due = next_pass(checkpoint, self._settings, now_us)
        for window in due.windows():
            after = advanced(checkpoint, due, window, self._settings)
            yield from self._window(state, window, checkpoint, after, due)
            checkpoint = after

    def _window(
        self, state: SourceState, window: Window, checkpoint: Checkpoint, after: Checkpoint, due: Pass
    ) -> Iterator[Batch]:
        for page in self._pages(window):
            batch = self._new_of(page, state, window)
            late = [i.created_us for i in batch.incoming if i.created_us < checkpoint.watermark_us]
            overlap_from = checkpoint.watermark_us - int(self._settings.overlap * 1_000_000)
            yield batch._replace(
                checkpoint=None if page.has_more else after,
                late_us=[self.now_us() - created_us for created_us in late],
                beyond_overlap=sum(created_us < overlap_from for created_us in late),
                reconciled=due.reconciling and window.end_us == due.end_us and not page.has_more,
            )

    def backfill_window(self, state: KnownIds, window: Window, everything: bool = False) -> Iterator[Batch]:
        """A past window, a batch per page, without moving the checkpoint. Raises as `read` does.

        Rows in the id set are left out, unless `everything` is set.
        """
        known: KnownIds = _WindowIds() if everything else state
        for page in self._pages(window):
            yield self._new_of(page, known, window)

    def _reread(self, state: SourceState) -> Iterator[Batch]:
        for reread in state.rereads(self.name):
            window = Window(reread.oldest_us, reread.newest_us + 1)
            for page in self._pages(window):
                yield self._new_of(page, state, window)._replace(reread_done=None if page.has_more else reread.id)

    def _pages(self, window: Window) -> Iterator[Page]:
        """The window's pages. A refused cursor restarts the window; rows already yielded are known by then."""
        restarts = 0
        cursor: str | None = None
        while True:
            try:
                page = self._feed.page(window, cursor)
            except WindowChanged:
                restarts += 1
                if cursor is None or restarts > RESTARTS:
                    raise
                cursor = None
                continue
            yield page
            if not page.has_more:
                return
            if page.last_id == cursor:
                raise Retry(f"activities: the page after cursor {cursor!r:.60} is the same page again")
            cursor = page.last_id

    def _new_of(self, page: Page, state: KnownIds, window: Window) -> Batch:
        admitted, dead_letters = _admitted(page.items, window)
        if not admitted:
            return Batch(dead_letters=dead_letters, read=len(page.items))
        times = [incoming.created_us for incoming in admitted]
        known = state.known(self.name, min(times), max(times))
        new = []
        for incoming in admitted:
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


def _admitted(items: Sequence[Any], window: Window) -> tuple[list[NewRecord], list[DeadLetter]]:
    """Records and dead letters of a page. A record is stored within its window, whatever its own timestamp says."""
    admitted, dead_letters = [], []
    for item in items:
        try:
            incoming = admit(item)
            if not window.start_us <= incoming.created_us < window.end_us:
                nearest = min(max(incoming.created_us, window.start_us), window.end_us - 1)
                incoming = incoming._replace(created_us=nearest)
            admitted.append(incoming)
        except Reject as refusal:
            dead_letters.append(refused_activity(item, refusal))
    return admitted, dead_letters


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


def read_time(text: Any) -> int:
    """Microseconds since 1970 of an RFC 3339 timestamp. Raises `Reject` for anything else and without a time zone."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        time = _unusual_time(text)
    if time.tzinfo is None:
        raise Reject("bad-created-at", f"`created_at` {text!r:.80} has no time zone")
    return (time - _EPOCH) // _MICROSECOND


def _unusual_time(text: Any) -> datetime:
    """RFC 3339 allows lower case and leap seconds, which the standard library does not read."""
    try:
        return datetime.fromisoformat(text.upper().replace(":60", ":59"))
    except (AttributeError, TypeError, ValueError):
        raise Reject("bad-created-at", f"`created_at` is {text!r:.80}, not an RFC 3339 time") from None


def refused_activity(item: Any, refusal: Reject) -> DeadLetter:
    """The dead letter of a refused item."""
    uid = item.get("id") if isinstance(item, dict) else None
    uid = uid if isinstance(uid, str) else None
    return DeadLetter(ACTIVITIES, "source", refusal.reason, str(refusal), uid, dead_letter_body(item))
