"""The rules proven in a customer's own workspace: Azure reads them, and runs them over their stories."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from forwarder.azure.arrival import searchable
from forwarder.azure.composition import Composition
from forwarder.azure.connection import Azure
from forwarder.azure.deviations import other_functions, other_rules, other_watchlists
from forwarder.azure.installed import Rule, ask_functions, ask_rules
from forwarder.azure.queries import Queries
from forwarder.azure.sending import Marked, send
from forwarder.azure.solution import rule_ids
from forwarder.azure.trial import Trial
from forwarder.azure.workspace import ask_workspace
from forwarder.siem.arrival import await_events
from forwarder.siem.lanes import in_lanes
from forwarder.siem.proofs import Judged, Proof, Report, Show
from forwarder.siem.stories import Stories

LANES = 3
"""Queries at the same time; Azure runs five of a user, and people look at their workspace too."""
SLACK = 3600.0
"""Seconds by which this machine's clock may be ahead of Azure's."""


class Verification(NamedTuple):
    """What is to be proven, and where."""

    azure: Azure
    sink: str
    stories: Stories
    wait: float
    """Seconds for which events may take until they can be queried."""
    show: Show

    def report(self, rules: Sequence[str]) -> Report:
        """Prove these rules. Raises as `Azure.asked` and `send`."""
        since, run = time.time() - SLACK, _name()
        there, functions = ask_rules(self.azure), ask_functions(self.azure)
        ids = {rule: rule_ids()[rule] for rule in rules}
        installed = {rule: there.get(identity) for rule, identity in ids.items()}
        queries = Queries(self.azure, ask_workspace(self.azure).customer_id)
        trial = Trial(queries, Composition(functions, self.stories.now, since), run)
        faults = self._faults(trial, installed)
        told = list(self._told(run, [rule for rule in rules if not faults[rule]]))
        judged = self._judge(trial, told, installed, self._deliver(trial, told))
        proofs = (Proof(rule, faults[rule], tuple(judged[rule]), self.stories.skipped(rule)) for rule in rules)
        notes = (*other_rules(there, ids.values()), *other_functions(functions), *other_watchlists(self.azure))
        return Report(run, f"workspace {self.azure.workspace.name}", tuple(proofs), notes)

    def _faults(self, trial: Trial, installed: Mapping[str, Rule | None]) -> dict[str, str]:
        """Why a rule cannot be run; empty when it can."""
        told = in_lanes(
            LANES, trial.fault, list(installed.values()), lambda n: self.show({"rules read": (n, len(installed))})
        )
        return dict(zip(installed, told, strict=True))

    def _told(self, run: str, rules: Sequence[str]) -> Iterator[Marked]:
        stories = ((rule, story) for rule in rules for story in self.stories.runnable(rule))
        for number, (rule, story) in enumerate(stories, start=1):
            yield Marked(run, number, rule, story)

    def _deliver(self, trial: Trial, told: Sequence[Marked]) -> dict[str, int]:
        """Send the events; how many of them cannot be queried after the wait, by mark."""
        events = sum(len(marked.story.events) for marked in told)
        streams = {event.stream for marked in told for event in marked.story.events}
        sent = send(self.sink, self.azure.settings, told, lambda n: self.show({"events sent": (n, events)}))
        return await_events(
            lambda: searchable(trial.queries, trial.run, trial.composition.since, streams),
            {mark: n for mark, n in sent.items() if n},
            self.wait,
            lambda n: self.show({"searchable": (n, len(sent))}),
        )

    def _judge(
        self, trial: Trial, told: Sequence[Marked], installed: Mapping[str, Rule | None], late: Mapping[str, int]
    ) -> dict[str, list[Judged]]:
        """What came of each story, by rule."""

        def judged(marked: Marked) -> Judged:
            rule = installed[marked.rule]
            if absent := late.get(marked.mark, 0):
                text = f"{absent} of its events cannot be queried; look at DCRLogErrors, or wait longer (--wait)"
                return Judged(marked.story.name, "unproven", text)
            return trial.judge(marked, rule) if rule else Judged(marked.story.name, "unproven", "not installed")

        found: dict[str, list[Judged]] = {rule: [] for rule in installed}
        all_judged = in_lanes(LANES, judged, told, lambda n: self.show({"stories judged": (n, len(told))}))
        for marked, one in zip(told, all_judged, strict=True):
            found[marked.rule].append(one)
        return found


def _name() -> str:
    """Of a run: letters and digits only, as the words are that mark its events."""
    return f"verify{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{secrets.token_hex(3)}"
