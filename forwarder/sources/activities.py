"""The Activity Feed as a source: windows read page by page, late rows found, known rows left out.

Invariants:
- Pages are walked with `after_id` only inside one window; cursors are never kept across windows.
- A page's unknown rows are yielded at once; the mark moves only with the window's last page. A window that
  fails is read again from its first page.
- A bad record never stops a page: it becomes a dead letter with its reason.
- "Known" is the id set, looked up for the page's own stretch of time, so an ordinary re-read yields nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from forwarder.anthropic import ActivityFeed
from forwarder.errors import Reject, Retry, WindowChanged
from forwarder.records import DeadLetter, Page, Window
from forwarder.sources.admission import ACTIVITIES, admit, letter
from forwarder.sources.batch import Batch, KnownIds, NewRecord, SourceState
from forwarder.sources.names import account_labels, source_name
from forwarder.sources.passes import Pass, advanced, first_checkpoint, next_pass
from forwarder.sources.settings import ActivitiesSettings
from forwarder.store import Checkpoint

RESTARTS = 3
"""How often a window is begun again in one pass when the API no longer knows its cursor."""


class ActivitiesSource:
    """The feed under one key."""

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
        """See `Past.learn_now_us`."""
        return self._feed.learn_time()

    def skew(self) -> float:
        """Anthropic's time minus local time, in seconds."""
        return self._feed.client.clock.skew_seconds

    def check(self) -> str:
        """See `Source.check`."""
        newest = self._feed.newest()
        skew = f"clock skew {self.skew():+.0f} s"
        if not newest.items:
            return f"the key reads the Activity Feed, which is empty (is the Compliance API switched on?); {skew}"
        age = (self.now_us() - admit(newest.items[0]).created_us) / 1e6
        return f"the key reads the Activity Feed; newest event {age:.0f} s old; {skew}"

    def close(self) -> None:
        """See `Source.close`."""
        self._feed.client.close()

    def credential_version(self) -> object:
        """Changes when the key's file changes."""
        return self._feed.client.key.version()

    def forget_before_us(self, checkpoint: Checkpoint) -> int:
        """Ids are kept for the reconcile depth behind the watermark, and a day more."""
        return checkpoint.watermark_us - int((self._settings.reconcile + 86_400) * 1_000_000)

    def read(self, state: SourceState) -> Iterator[Batch]:
        """Everything new up to the server's now. Raises `Retry` and `AccessRefused` as the client does."""
        now_us = self.learn_now_us()
        yield from self._read_again(state)
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
        """A window of the past, a batch a page, without moving the mark. Raises as `read` does.

        Rows that the id set knows are left out, unless `everything` is wanted.
        """
        known: KnownIds = _ThisWindow() if everything else state
        for page in self._pages(window):
            yield self._new_of(page, known, window)

    def _read_again(self, state: SourceState) -> Iterator[Batch]:
        for reread in state.rereads(self.name):
            window = Window(reread.oldest_us, reread.newest_us + 1)
            for page in self._pages(window):
                yield self._new_of(page, state, window)._replace(reread_done=None if page.has_more else reread.id)

    def _pages(self, window: Window) -> Iterator[Page]:
        """The window's pages. When a cursor is refused the window begins again; what was yielded is known."""
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
                raise Retry(f"the feed does not go on behind cursor {cursor!r:.60}: it answers the same page again")
            cursor = page.last_id

    def _new_of(self, page: Page, state: KnownIds, window: Window) -> Batch:
        admitted, dead_letters = _admitted(page.items, window)
        if not admitted:
            return Batch(dead_letters=dead_letters, read=len(page.items))
        times = [incoming.created_us for incoming in admitted]
        known = state.known(self.name, min(times), max(times))
        new = []
        for incoming in admitted:
            if incoming.digest not in known:
                known.add(incoming.digest)
                new.append(incoming)
        return Batch(incoming=new, dead_letters=dead_letters, read=len(page.items))


class _ThisWindow:
    """Knows what it was asked for before, and nothing else: a window that begins again gives no row twice."""

    def __init__(self) -> None:
        self._digests: set[int] = set()

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `KnownIds.known`; whoever asks adds what is new."""
        return self._digests


def _admitted(items: Sequence[Any], window: Window) -> tuple[list[NewRecord], list[DeadLetter]]:
    """Records and letters of a page. A record stands in its window, whatever its own time says: there it is known."""
    admitted, dead_letters = [], []
    for item in items:
        try:
            incoming = admit(item)
            if not window.start_us <= incoming.created_us < window.end_us:
                nearest = min(max(incoming.created_us, window.start_us), window.end_us - 1)
                incoming = incoming._replace(created_us=nearest)
            admitted.append(incoming)
        except Reject as refusal:
            dead_letters.append(letter(item, refusal))
    return admitted, dead_letters
