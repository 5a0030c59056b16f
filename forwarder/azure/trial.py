"""One story put before one rule as it is installed."""

from typing import NamedTuple

from forwarder.azure.composition import Composition
from forwarder.azure.installed import Rule
from forwarder.azure.queries import Queries
from forwarder.azure.sending import Marked, mark
from forwarder.errors import Reject, Retry
from forwarder.siem.proofs import Judged
from forwarder.siem.questions import Denied
from forwarder.siem.rows import difference


class Trial(NamedTuple):
    """Where stories are tried."""

    queries: Queries
    composition: Composition
    run: str

    def fault(self, rule: Rule | None) -> str:
        """Why Azure does not take the rule's query; empty: it does. Raises as `Queries.rows`, but for `Reject`."""
        if rule is None:
            return "not installed"
        try:
            self.queries.rows(self.composition.of(rule.query, mark(self.run, 0)))
        except Reject as refused:
            return str(refused)
        return ""

    def judge(self, marked: Marked, rule: Rule) -> Judged:
        """Run the rule's query over this story's events and compare. Raises `Misconfigured` as `Azure.asked`."""
        story = marked.story
        try:
            rows = self.queries.rows(self.composition.of(rule.query, marked.mark))
        except (Reject, Retry, Denied) as error:
            return Judged(story.name, "unproven", str(error))
        differs = difference(rows, story.rows)
        return Judged(story.name, "disagreed", differs) if differs else Judged(story.name, "agreed")
