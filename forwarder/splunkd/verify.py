"""The rules proven on a customer's own Splunk: its parser reads them, its search head runs them over their stories."""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forwarder.errors import Misconfigured, Reject
from forwarder.records import STREAMS
from forwarder.siem.arrival import await_events
from forwarder.siem.lanes import in_lanes
from forwarder.siem.proofs import Judged, Proof, Report, Show
from forwarder.siem.questions import Denied
from forwarder.siem.stories import Stories
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.arrival import searchable
from forwarder.splunkd.belongings import Search, ask_macros, ask_searches
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.deviations import filled_lookups, tuned_macros
from forwarder.splunkd.indexes import ask_indexes, lacking
from forwarder.splunkd.jobs import Range, parse
from forwarder.splunkd.sending import Marked, send
from forwarder.splunkd.server import ask_server
from forwarder.splunkd.shipped import COLUMNS, Shipped
from forwarder.splunkd.trial import Trial

LANES = 3
"""Searches at the same time: as many as Splunk lets an ordinary user run."""


class Verification(NamedTuple):
    """What is to be proven, and where."""

    splunkd: Splunkd
    sink: str
    settings: SplunkSettings
    shipped: Shipped
    stories: Stories
    index_name: str
    """Where the stories' events go."""
    wait: float
    """Seconds for which they may take to become searchable."""
    show: Show

    def report(self, rules: list[str]) -> Report:
        """Prove these rules. Raises as `Splunkd.asked` and `send`; `Misconfigured` for an index that is not there."""
        self._expect_index()
        run = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"
        searches, macros = ask_searches(self.splunkd), ask_macros(self.splunkd)
        faults = {rule: self._parsed(searches.get(self.shipped.titles[rule])) for rule in rules}
        told = list(self._told(run, [rule for rule in rules if not faults[rule]]))
        late = self._deliver(run, told)
        trial = Trial(self.splunkd, self.index_name, macros, self.stories.now, COLUMNS)
        judged = self._judge(trial, told, searches, late)
        proofs = (Proof(rule, faults[rule], tuple(judged[rule]), self.stories.skipped(rule)) for rule in rules)
        notes = (*tuned_macros(macros, self.shipped.macros), *filled_lookups(self.splunkd, self.shipped.lookups))
        return Report(run, f"index {self.index_name}", tuple(proofs), notes)

    def _expect_index(self) -> None:
        try:
            absent = lacking(ask_server(self.splunkd), ask_indexes(self.splunkd), [self.index_name])
        except Denied:
            return
        if absent:
            mend = f"make it with `claude-siem splunk install --verify-index {self.index_name}`, or name another"
            raise Misconfigured(f"--index {self.index_name}: there is no such index; {mend}")

    def _parsed(self, search: Search | None) -> str:
        """Why the rule cannot be run; empty when it can."""
        if search is None:
            return "not installed, or the user may not read it"
        try:
            parse(self.splunkd, search.text)
        except Reject as refused:
            return str(refused)
        return ""

    def _told(self, run: str, rules: list[str]) -> Iterator[Marked]:
        for rule in rules:
            for story in self.stories.runnable(rule):
                yield Marked(run, rule, story)

    def _deliver(self, run: str, told: list[Marked]) -> dict[str, int]:
        """Send the events; how many of them are not searchable after the wait, by `source`."""
        sent = send(
            self.sink,
            self.settings,
            self.index_name,
            told,
            lambda number: self.show({"stories sent": (number, len(told))}),
        )
        times = [event.key_fields.time_ms / 1000 for marked in told for event in marked.story.events]
        span = Range(min(times, default=0), max(times, default=0) + 1)
        return await_events(
            lambda: searchable(self.splunkd, self.index_name, run, span),
            sent,
            self.wait,
            lambda n: self.show({"searchable": (n, len(sent))}),
        )

    def _judge(
        self, trial: Trial, told: list[Marked], searches: Mapping[str, Search], late: Mapping[str, int]
    ) -> dict[str, list[Judged]]:
        """What came of each story, by rule."""

        def judged(marked: Marked) -> Judged:
            if absent := sum(late.get(marked.source(stream), 0) for stream in STREAMS):
                return Judged(marked.story.name, "unproven", f"{absent} of its events are not searchable")
            return trial.judge(marked, searches[self.shipped.titles[marked.rule]])

        found: dict[str, list[Judged]] = {rule: [] for rule in self.shipped.titles}
        all_judged = in_lanes(LANES, judged, told, lambda n: self.show({"stories judged": (n, len(told))}))
        for marked, one in zip(told, all_judged, strict=True):
            found[marked.rule].append(one)
        return found
