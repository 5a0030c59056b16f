"""Proof of one rule: its test cases in both languages, and the mutants that no test case detects.

`python -m tests.content.proof [RULE ...]` prints it.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cached_property
from multiprocessing import get_context
from typing import NamedTuple

from tests.content.case import Mutation, RuleTestCase, RuleTests, cases
from tests.content.execute import ROOT, Kql, Rows, Spl, canonical, content
from tests.content.mutants import Mutant, mutants
from tests.content.records import NOW
from tests.content.reference import rule_events
from tools.content.folder import Detection


class LoadedTestCase:
    """A test case, loaded once in each language and queried many times."""

    def __init__(self, test_case: RuleTestCase, detection: Detection) -> None:
        self.test_case = test_case
        self._detection = detection

    @cached_property
    def expected(self) -> Rows:
        """The rows on file; none for a quiet test case."""
        if not self.test_case.fires:
            return []
        rows: Rows = json.loads((ROOT / self._detection.folder / f"{self.test_case.name}.expect.json").read_text())
        return rows

    def kql(self, query: str | None = None) -> Rows:
        """Rows of `query`, by default the rule's own."""
        return self._kql.rows(query or self._detection.kql, NOW)

    def spl(self, search: str | None = None, lookback: str | None = None) -> Rows:
        """Rows of `search`, by default the rule's own."""
        return self._spl.rows(search or self._detection.spl, lookback or self._detection.rule.schedule.lookback)

    def settle(self) -> None:
        """Prepares for mutants, once the rule's own rows are checked."""
        self._kql.settle(NOW, self._detection.kql)

    @cached_property
    def _kql(self) -> Kql:
        return Kql(self.test_case.events, self.test_case.lookups)

    @cached_property
    def _spl(self) -> Spl:
        return Spl(self.test_case.events, self.test_case.lookups, NOW)


class MutantResults(NamedTuple):
    """Results of a rule's mutants."""

    tried: int
    survived: list[str]
    """Detected by no test case, and not listed as equivalent."""
    stale: list[str]
    """Listed as equivalent, but detected or not a mutant."""


class Proof:
    """One rule with its test cases."""

    def __init__(self, case: RuleTests, detection: Detection) -> None:
        self._case = case
        self._detection = detection
        self.loaded = [LoadedTestCase(test_case, detection) for test_case in case.test_cases]

    def failures(self) -> list[str]:
        """Failed test cases: unexpected rows, or no expected rows in one that fires."""
        found = [
            f"{loaded.test_case.name}: nothing is expected"
            for loaded in self.loaded
            if loaded.test_case.fires and not loaded.expected
        ]
        for loaded in self.loaded:
            for language, rows in (("kql", loaded.kql()), ("spl", loaded.spl())):
                if rows != loaded.expected:
                    found.append(f"{loaded.test_case.name}: {language} gives {rows}, expected {loaded.expected}")
            if self._case.reference:
                read = canonical(self._case.reference(rule_events(loaded.test_case.events), loaded.test_case.lookups))
                if read != loaded.expected:
                    found.append(f"{loaded.test_case.name}: the reference gives {read}, expected {loaded.expected}")
        return found

    def mutated(self) -> MutantResults:
        """Runs every mutant of the rule against its test cases."""
        for loaded in self.loaded:
            loaded.settle()
        made = mutants(self._detection)
        undetected = {
            mutant.meaning for mutant in made if not any(self._detects(loaded, mutant) for loaded in self.loaded)
        }
        by_hand = [m.meaning for m in self._case.mutations if not self._by_hand(m)]
        known = self._case.equivalent.keys()
        survived = sorted(undetected - known) + by_hand
        return MutantResults(len(made) + len(self._case.mutations), survived, sorted(known - undetected))

    def _detects(self, loaded: LoadedTestCase, mutant: Mutant) -> bool:
        if mutant.language == "kql":
            return loaded.kql(mutant.text) != loaded.expected
        return loaded.spl(mutant.text, mutant.lookback) != loaded.expected

    def _by_hand(self, mutation: Mutation) -> bool:
        named = [loaded for loaded in self.loaded if loaded.test_case.name in mutation.noticed_by]
        assert len(named) == len(mutation.noticed_by), f"{mutation.meaning}: names fixtures that do not exist"
        query, search = _changed(self._detection.kql, mutation.kql), _changed(self._detection.spl, mutation.spl)
        return any(t.kql(query) != t.expected for t in named) and any(t.spl(search) != t.expected for t in named)


def _changed(text: str, change: tuple[str, str]) -> str:
    assert change[0] in text, f"{change[0]!r} is not in the rule any more"
    return text.replace(*change)


class ProofResult(NamedTuple):
    """Result of the proof of one rule."""

    rule: str
    failures: list[str]
    mutated: MutantResults
    cpu_seconds: float


def prove(rule: str) -> ProofResult:
    """Proves one rule."""
    began = time.process_time()
    (detection,) = (held for held in content().detections if held.folder == rule)
    proof = Proof(cases()[rule], detection)
    return ProofResult(rule, proof.failures(), proof.mutated(), time.process_time() - began)


def prove_all(rules: Iterable[str]) -> Iterator[ProofResult]:
    """Proves these rules, one process per core, and yields each result as it is ready."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(prove, rules)


def main() -> None:
    """Prints a line per rule, followed by its failures."""
    for result in prove_all(sys.argv[1:] or cases()):
        mutated = result.mutated
        sys.stdout.write(
            f"{result.rule}: {len(cases()[result.rule].test_cases)} test cases, "
            f"{mutated.tried - len(mutated.survived)} of {mutated.tried} mutants detected, "
            f"{result.cpu_seconds:.0f} s of CPU\n"
        )
        lists = (("FAILED", result.failures), ("SURVIVED", mutated.survived), ("STALE", mutated.stale))
        sys.stdout.writelines(f"  {word} {line}\n" for word, lines in lists for line in lines)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
