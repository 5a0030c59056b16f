"""Reports of the Admin API as a source: figures of buckets, sent when settled and again when they were re-stated.

Invariants:
- A figure is sent once, and again only when it differs; what was sent is noted in the same transaction.
- The marks move behind the last bucket of what was asked for. A report that fails half way is read again from there.
- A bucket outside of what was asked for, and so one that has not ended, is no figure but a dead letter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import orjson

from forwarder.anthropic import AdminApi
from forwarder.records import UsageRecord, Window
from forwarder.sources.admin_source import AdminSource
from forwarder.sources.batch import Batch, SourceState, StatefulRecord
from forwarder.sources.figures import Statement, new_of, statement
from forwarder.sources.report_kinds import Report
from forwarder.sources.settings import ReportSettings
from forwarder.sources.statements import Marks, due, first_marks
from forwarder.sources.times import DAY_US, aligned, start_us

MARKS = "#"
"""The note of the watermarks. The others are `START/UID`: what was said of a figure."""
NOTED_US = 8 * DAY_US
"""What was said is forgotten so long behind the last watermark."""

Notes = Mapping[str, Mapping[str, bytes | None]]
AlsoNote = Callable[[SourceState, Sequence[UsageRecord]], Notes]
"""What other sources want to know of a whole bucket."""


class ReportSource(AdminSource):
    """One report under one key."""

    def __init__(
        self, account: str, settings: ReportSettings, api: AdminApi, report: Report, also_note: AlsoNote | None = None
    ) -> None:
        super().__init__(account, report.kind, settings.poll, api)
        self._start = settings.start
        self._report = report
        self._also_note = also_note

    def read(self, state: SourceState) -> Iterator[Batch]:
        """What is due. Raises `Retry` and `AccessRefused` as the client does."""
        organization = self._api.organization()
        for reread in state.rereads(self.name):
            yield from self._told_again(state, Window(reread.oldest_us, reread.newest_us + 1), organization)
            yield Batch(reread_done=reread.id)
        report, now_us = self._report, self.now_us()
        for window, after in due(self._marks(state, now_us), now_us, report.width_us, report.ages_us, report.most):
            for said in self._statements(window, organization):
                yield self._batch(state, said, self._said(state, said))
            yield Batch(state_entries={self.name: {**self._forgotten(state, after), MARKS: orjson.dumps(after)}})

    def check(self) -> str:
        """See `Source.check`."""
        organization = self._api.organization()
        end = aligned(self.now_us() - self._report.ages_us[0], self._report.width_us)
        said = list(self._statements(Window(end - self._report.width_us, end), organization))
        return f"the key reads the report; its last settled bucket holds {sum(len(s.figures) for s in said)} rows"

    # Marks

    def _marks(self, state: SourceState, now_us: int) -> Marks:
        report = self._report
        noted = state.state_entries(self.name, MARKS, MARKS + " ").get(MARKS)
        marks = tuple(orjson.loads(noted)) if noted else ()
        if len(marks) == len(report.ages_us):
            return marks
        return first_marks(start_us(self._start, now_us), report.width_us, report.ages_us)

    def _forgotten(self, state: SourceState, marks: Marks) -> dict[str, bytes | None]:
        return dict.fromkeys(state.state_entries(self.name, "0", _place(min(marks) - NOTED_US)))

    # Buckets

    def _statements(self, window: Window, organization: str | None) -> Iterator[Statement]:
        for bucket in self._report.read(self._api, window):
            yield statement(self._report.kind, bucket, window, self.now_us(), organization)

    def _said(self, state: SourceState, said: Statement) -> dict[str, bytes]:
        place = _place(said.start_us)
        state_entries = state.state_entries(self.name, f"{place}/", f"{place}0")
        return {name.partition("/")[2]: digest for name, digest in state_entries.items()}

    def _batch(self, state: SourceState, said: Statement, before: Mapping[str, bytes]) -> Batch:
        """What is new in a bucket, with the notes of it."""
        fresh, digests = new_of(said.figures, before)
        place = _place(said.start_us)
        own: Notes = {self.name: {f"{place}/{uid}": digest for uid, digest in digests.items()}}
        others = self._also_note(state, said.figures) if self._also_note and fresh else {}
        return Batch(
            incoming=[StatefulRecord(figure, said.start_us) for figure in fresh],
            dead_letters=said.dead_letters,
            read=len(said.figures) + len(said.dead_letters),
            state_entries={**own, **others},
        )

    def _told_again(self, state: SourceState, damaged: Window, organization: str | None) -> Iterator[Batch]:
        width = self._report.width_us
        start = aligned(damaged.start_us, width)
        while start < damaged.end_us:
            for said in self._statements(Window(start, start + width), organization):
                yield self._batch(state, said, {})
            start += width


def _place(time_us: int) -> str:
    return f"{max(time_us, 0):020d}"
