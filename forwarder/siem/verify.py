"""The rules verified in a customer's own SIEM: it parses them as installed and runs them over their test cases.

The flow is the same for every SIEM; what differs stands behind `RuleEngine`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from forwarder.errors import Reject, Retry
from forwarder.siem.calls import Progress, parallel_map
from forwarder.siem.check import PermissionDenied
from forwarder.siem.differences import row_difference
from forwarder.siem.results import CaseResult, RuleResult, VerificationReport
from forwarder.siem.test_cases import BundledTestCases, Rows
from forwarder.siem.test_run import LabeledCase, await_events, labeled_cases, new_run

PARALLEL = 3
"""Searches at a time: Splunk runs as many for an ordinary user, Azure five for a user who also has a portal open."""

ShowProgress = Callable[[Mapping[str, tuple[int, int]]], None]
"""Receives how far each step is: done, and of how many."""


class RuleRows(NamedTuple):
    """What a rule returned for a test case."""

    rows: Rows
    """In the columns of the expected rows."""
    incomplete: str | None = None
    """What is missing in the rows beside the compared columns."""


class RuleEngine(Protocol):
    """A SIEM in which rules are verified. Methods may be called by several threads, `send` by one."""

    @property
    def place(self) -> str:
        """Where the events of the test cases go, such as `index claude_verify`."""

    @property
    def arrival_hint(self) -> str:
        """Where a person looks when events do not arrive."""

    def parse_rule(self, rule: str) -> None:
        """Have the SIEM parse the rule as installed. Raises `Reject` with its message, also for a missing rule."""

    def labels(self, case: LabeledCase) -> Mapping[str, int]:
        """The labels of the test case's events, and how many events have each."""

    def send(self, cases: Sequence[LabeledCase], progress: Progress) -> None:
        """Send the labeled events of all test cases. Raises as `send_events`."""

    def count_searchable(self, cases: Sequence[LabeledCase]) -> Mapping[str, int]:
        """The number of searchable events by label. Raises `Retry` where the next count may succeed."""

    def run_rule(self, case: LabeledCase) -> RuleRows:
        """Run the installed rule over this test case's events at the time of the test cases.

        Raises `Reject`, `Retry` or `PermissionDenied` where the result is inconclusive.
        """

    def differences(self, rules: Collection[str]) -> Iterator[str]:
        """Differences between the deployed and the shipped content that may explain a disagreement."""


class RuleVerification(NamedTuple):
    """What is to be verified, and where."""

    engine: RuleEngine
    test_cases: BundledTestCases
    wait: float
    """Seconds for which events may take to become searchable."""
    show: ShowProgress

    def run(self, rules: Sequence[str]) -> VerificationReport:
        """Verify these rules. Raises as the engine."""
        run, errors = new_run(), self._parse(rules)
        cases = list(labeled_cases(run, self.test_cases, [rule for rule in rules if not errors[rule]]))
        results = self._run_cases(cases, self._send(cases))
        of_rule: dict[str, list[CaseResult]] = {rule: [] for rule in rules}
        for case, result in zip(cases, results, strict=True):
            of_rule[case.rule].append(result)
        found = (RuleResult(r, errors[r], tuple(of_rule[r]), self.test_cases.skipped(r)) for r in rules)
        return VerificationReport(run, self.engine.place, tuple(found), tuple(self.engine.differences(rules)))

    def _parse(self, rules: Sequence[str]) -> dict[str, str]:
        """Why each rule cannot be run; empty: it can."""
        errors = parallel_map(PARALLEL, self._parse_error, rules, self._progress("rules parsed", len(rules)))
        return dict(zip(rules, errors, strict=True))

    def _parse_error(self, rule: str) -> str:
        try:
            self.engine.parse_rule(rule)
        except Reject as refused:
            return str(refused)
        return ""

    def _send(self, cases: Sequence[LabeledCase]) -> dict[str, int]:
        """Send the events; how many of them are not searchable after the wait, by label."""
        self.engine.send(cases, self._progress("events sent", sum(len(case.case.events) for case in cases)))
        sent = {label: n for case in cases for label, n in self.engine.labels(case).items() if n}
        arrived = self._progress("searchable", len(sent))
        return await_events(lambda: self.engine.count_searchable(cases), sent, self.wait, arrived)

    def _run_cases(self, cases: Sequence[LabeledCase], missing: Mapping[str, int]) -> list[CaseResult]:
        def result(case: LabeledCase) -> CaseResult:
            absent = sum(missing.get(label, 0) for label in self.engine.labels(case))
            return self._not_searchable(case, absent) if absent else self._compare(case)

        return list(parallel_map(PARALLEL, result, cases, self._progress("test cases run", len(cases))))

    def _not_searchable(self, case: LabeledCase, absent: int) -> CaseResult:
        advice = f"{self.engine.arrival_hint}, or wait longer (--wait)"
        return CaseResult(case.name, "inconclusive", f"{absent} of its events are not searchable; {advice}")

    def _compare(self, case: LabeledCase) -> CaseResult:
        try:
            found = self.engine.run_rule(case)
        except (Reject, Retry, PermissionDenied) as error:
            return CaseResult(case.name, "inconclusive", str(error))
        difference = row_difference(found.rows, case.case.rows) or found.incomplete
        return CaseResult(case.name, "disagreed", difference) if difference else CaseResult(case.name, "agreed")

    def _progress(self, step: str, total: int) -> Progress:
        return lambda done: self.show({step: (done, total)})
