"""One story put before one rule as it is installed.

Only two things are changed: the macros `claude_index_…` mean the story's own events, and `now()` and the time range
are the stories' moment.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from forwarder.config.units import parse_duration
from forwarder.errors import Reject
from forwarder.records import STREAMS
from forwarder.siem.proofs import Judged
from forwarder.siem.rows import difference
from forwarder.siem.stories import Rows
from forwarder.splunkd.belongings import Search
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.jobs import Range, run
from forwarder.splunkd.macros import Macro, Reading
from forwarder.splunkd.sending import Marked

SECONDS = 120.0


class Trial(NamedTuple):
    """Where stories are tried."""

    splunkd: Splunkd
    index_name: str
    macros: Mapping[str, Macro]
    now: int
    """Epoch seconds."""
    added: Collection[str]
    """Columns that every saved search adds to its rule's rows."""

    def judge(self, marked: Marked, search: Search) -> Judged:
        """Run the rule over this story's events and compare. Raises as `jobs.run`, but for `Reject`."""
        story = marked.story
        try:
            text = Reading({**self.macros, **self._places(marked)}, self.now).of(search.text)
            rows = run(self.splunkd, text, moved(search, self.now), SECONDS)
        except Reject as error:
            return Judged(story.name, "unproven", str(error))
        own = [{name: value for name, value in row.items() if name not in self.added} for row in rows]
        differs = difference(own, story.rows) or self._unsaid(rows)
        return Judged(story.name, "disagreed", differs) if differs else Judged(story.name, "agreed")

    def _unsaid(self, rows: Rows) -> str | None:
        """What a row should say of itself and does not; their values are no part of the stories."""
        empty = (name for row in rows for name in self.added if not row.get(name))
        return next((f"{name} is empty" for name in empty), None)

    def _places(self, marked: Marked) -> dict[str, Macro]:
        """In parentheses: OR binds tighter than what stands side by side."""
        return {
            f"claude_index_{stream}": Macro(f'(index="{self.index_name}" source="{marked.source(stream)}")')
            for stream in STREAMS
        }


def moved(search: Search, now: float) -> Range:
    """The rule's own time range as it is at `now`. Raises `Reject` for one that is not `-SPAN` to now."""
    try:
        lookback = parse_duration(search.earliest.removeprefix("-"))
    except ValueError:
        lookback = 0.0
    if not lookback or search.latest != "now":
        told = f"{search.earliest or 'nothing'} to {search.latest or 'nothing'}"
        raise Reject("time-range", f"the rule's time range is {told}; only one such as -14d to now can be moved")
    return Range(now - lookback, now)
