"""The rules in a Sentinel workspace: Azure parses their queries and runs them over the events of one test case.

Invariants: the events go through the sink's own code and credential into the production tables; an event differs by one
label only, a word that no other event has; all test cases are packed together, as pages are. Azure sets the rows'
`TimeGenerated` to the time of arrival while `EventTime` stays in April 2026: a rule that looks back 14 days never sees
them.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from forwarder.azure.connection import Azure
from forwarder.azure.content import (
    function_differences,
    read_functions,
    read_rules,
    rule_differences,
    watchlist_differences,
)
from forwarder.azure.kql import QueryComposition, datetime_literal
from forwarder.azure.queries import PARTIAL, SLOW, WorkspaceQueries
from forwarder.azure.solution import AnalyticsRule, rule_ids
from forwarder.azure.workspace import read_workspace
from forwarder.errors import Reject, Retry
from forwarder.records import STREAMS, DeadLetter, Event, Stream
from forwarder.siem.calls import Progress
from forwarder.siem.test_run import LabeledCase, send_events
from forwarder.siem.verify import RuleRows
from forwarder.sinks.sentinel import TABLES, SentinelSink
from forwarder.store import pack
from forwarder.store.chunk import Packed

CLOCK_SKEW = 3600.0
"""Seconds by which this machine's clock may be ahead of Azure's."""
_PREFIX, _NO_CASE = "verify", "verifynone"
"""A label begins so; the second one no event has."""


class SentinelRuleEngine(NamedTuple):
    """A workspace as `RuleEngine`."""

    azure: Azure
    queries: WorkspaceQueries
    composition: QueryComposition
    installed: Mapping[str, AnalyticsRule]
    """By id in lower case."""

    @classmethod
    def connect(cls, azure: Azure, now: int) -> "SentinelRuleEngine":
        """`now` is the time of the test cases, epoch seconds. Raises as `Azure.request`."""
        since, rules, functions = time.time() - CLOCK_SKEW, read_rules(azure), read_functions(azure)
        queries = WorkspaceQueries(azure, read_workspace(azure).customer_id)
        return cls(azure, queries, QueryComposition(functions, now, since), rules)

    @property
    def place(self) -> str:
        """See `RuleEngine`."""
        return f"workspace {self.azure.workspace.name}"

    @property
    def arrival_hint(self) -> str:
        """See `RuleEngine`."""
        return "look at the table DCRLogErrors"

    def parse_rule(self, rule: str) -> None:
        """See `RuleEngine`. The query is run over no event."""
        installed = self.installed.get(rule_ids()[rule])
        if installed is None:
            raise Reject("not-installed", "not installed")
        self.queries.rows(self.composition.compose(installed.query, _NO_CASE))

    def labels(self, case: LabeledCase) -> dict[str, int]:
        """See `RuleEngine`."""
        return {_label(case): len(case.case.events)}

    def send(self, cases: Sequence[LabeledCase], progress: Progress) -> None:
        """See `RuleEngine`."""
        by_label = {_label(case): case for case in cases}

        def receiver(refused: DeadLetter) -> str:
            case = by_label[orjson.loads(refused.body)["metadata"]["labels"][-1]]
            return f"{case.rule} {case.name}: the ingestion endpoint"

        packed = (Packed(_labeled(event, _label(case)), 0, None) for case in cases for event in case.case.events)
        send_events(SentinelSink(self.azure.sink, self.azure.settings), pack(_PREFIX, packed), receiver, progress)

    def count_searchable(self, cases: Sequence[LabeledCase]) -> dict[str, int]:
        """See `RuleEngine`. Raises `Retry` also for a count that is slow or partial."""
        streams = {event.stream for case in cases for event in case.case.events}
        try:
            rows = self.queries.rows(count_query(f"{_PREFIX}{cases[0].run}", self.composition.since, streams))
        except Reject as refused:
            if refused.reason in (SLOW, PARTIAL):
                raise Retry(str(refused)) from None
            raise
        return {str(row["label"]): int(row["events"]) for row in rows}

    def run_rule(self, case: LabeledCase) -> RuleRows:
        """See `RuleEngine`."""
        installed = self.installed[rule_ids()[case.rule]]
        return RuleRows(self.queries.rows(self.composition.compose(installed.query, _label(case))))

    def differences(self, rules: Collection[str]) -> Iterator[str]:
        """See `RuleEngine`: rules, functions and watchlists."""
        ids = rule_ids()
        yield from rule_differences(self.installed, {ids[rule] for rule in rules})
        yield from function_differences(self.composition.functions)
        yield from watchlist_differences(self.azure)


def count_query(prefix: str, since: float, streams: Collection[Stream]) -> str:
    """The query that counts the events of these streams by label, for labels that begin with `prefix`."""
    tables = ", ".join(TABLES[stream] for stream in STREAMS if stream in streams)
    return f"""union {tables}
| where TimeGenerated >= {datetime_literal(since)}
| extend label = extract('{prefix}[0-9]+', 0, tostring(metadata.labels))
| where isnotempty(label)
| summarize events = count() by label"""


def _label(case: LabeledCase) -> str:
    """One term to KQL's `has`: letters and digits only, and nothing before it but punctuation."""
    return f"{_PREFIX}{case.run}{case.number:05d}"


def _labeled(event: Event, label: str) -> Event:
    body = orjson.loads(event.body)
    body["metadata"]["labels"] = [*(body["metadata"].get("labels") or ()), label]
    return event._replace(body=orjson.dumps(body))
