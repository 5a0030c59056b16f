"""The results of `verify`: of each test case, of each rule, of the whole run."""

from typing import Literal, NamedTuple

Outcome = Literal["agreed", "disagreed", "inconclusive"]
"""`inconclusive`: the events did not become searchable, or the search failed."""


class CaseResult(NamedTuple):
    """The result of one test case."""

    test_case: str
    outcome: Outcome
    text: str = ""
    """The first difference, or the reason why it is inconclusive."""


class RuleResult(NamedTuple):
    """The result of one rule."""

    rule: str
    error: str
    """Why the SIEM does not accept the rule as installed; empty: it does."""
    test_cases: tuple[CaseResult, ...]
    skipped: int
    """Test cases that need entries in a lookup, which belongs to the customer and is left unchanged."""

    def count(self, outcome: Outcome) -> int:
        """Number of test cases with this outcome."""
        return sum(result.outcome == outcome for result in self.test_cases)

    @property
    def verified(self) -> bool:
        """Whether the rule was accepted and every test case agreed."""
        return not self.error and all(result.outcome == "agreed" for result in self.test_cases)


class VerificationReport(NamedTuple):
    """The result of a whole run."""

    run: str
    place: str
    """Where the events of the test cases are."""
    rules: tuple[RuleResult, ...]
    notes: tuple[str, ...]
    """Differences between this SIEM and what is shipped, which may explain a disagreement."""

    @property
    def verified(self) -> bool:
        """Whether every rule is."""
        return all(rule.verified for rule in self.rules)
