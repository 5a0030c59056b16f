"""What is proven of one rule: its stories in both languages, and which of its mutants no story notices.

`python -m tests.content.proof [RULE ...]` says it.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cached_property
from multiprocessing import get_context
from typing import NamedTuple

from tests.content.case import Case, Mutation, Story, cases
from tests.content.execute import ROOT, Kql, Rows, Spl, canonical, content
from tests.content.mutants import Mutant, mutants
from tests.content.plain import seen
from tests.content.records import NOW
from tools.content.folder import Detection


class Told:
    """A story, loaded once in each language and asked many times."""

    def __init__(self, story: Story, detection: Detection) -> None:
        self.story = story
        self._detection = detection

    @cached_property
    def expected(self) -> Rows:
        """The rows on file; none of a story that is quiet."""
        if not self.story.fires:
            return []
        rows: Rows = json.loads((ROOT / self._detection.folder / f"{self.story.name}.expect.json").read_text())
        return rows

    def kql(self, query: str | None = None) -> Rows:
        """What the query gives; the rule's own unless told."""
        return self._kql.rows(query or self._detection.kql, NOW)

    def spl(self, search: str | None = None, lookback: str | None = None) -> Rows:
        """What the search gives; the rule's own unless told."""
        return self._spl.rows(search or self._detection.spl, lookback or self._detection.rule.schedule.lookback)

    def settle(self) -> None:
        """Whether its rows are right is known: from here on it is asked for mutants."""
        self._kql.settle(NOW, self._detection.kql)

    @cached_property
    def _kql(self) -> Kql:
        return Kql(self.story.events, self.story.lookups)

    @cached_property
    def _spl(self) -> Spl:
        return Spl(self.story.events, self.story.lookups, NOW)


class Mutated(NamedTuple):
    """How the mutants of a rule fared."""

    tried: int
    survived: list[str]
    """Noticed by no story, and not known to be equivalent."""
    stale: list[str]
    """Said to be equivalent, but noticed, or no mutant at all."""


class Proof:
    """One rule with its stories."""

    def __init__(self, case: Case, detection: Detection) -> None:
        self._case = case
        self._detection = detection
        self.told = [Told(story, detection) for story in case.stories]

    def faults(self) -> list[str]:
        """What is wrong with the stories: rows that are not the expected ones, fires without rows."""
        found = [
            f"{told.story.name}: nothing is expected" for told in self.told if told.story.fires and not told.expected
        ]
        for told in self.told:
            for language, rows in (("kql", told.kql()), ("spl", told.spl())):
                if rows != told.expected:
                    found.append(f"{told.story.name}: {language} gives {rows}, expected {told.expected}")
            if self._case.reading:
                read = canonical(self._case.reading(seen(told.story.events), told.story.lookups))
                if read != told.expected:
                    found.append(f"{told.story.name}: the plain reading gives {read}, expected {told.expected}")
        return found

    def mutated(self) -> Mutated:
        """Every mutant of the rule against its stories."""
        for told in self.told:
            told.settle()
        made = mutants(self._detection)
        unnoticed = {mutant.meaning for mutant in made if not any(self._notices(told, mutant) for told in self.told)}
        by_hand = [m.meaning for m in self._case.mutations if not self._by_hand(m)]
        known = self._case.equivalent.keys()
        survived = sorted(unnoticed - known) + by_hand
        return Mutated(len(made) + len(self._case.mutations), survived, sorted(known - unnoticed))

    def _notices(self, told: Told, mutant: Mutant) -> bool:
        if mutant.language == "kql":
            return told.kql(mutant.text) != told.expected
        return told.spl(mutant.text, mutant.lookback) != told.expected

    def _by_hand(self, mutation: Mutation) -> bool:
        named = [told for told in self.told if told.story.name in mutation.noticed_by]
        assert len(named) == len(mutation.noticed_by), f"{mutation.meaning}: names fixtures that do not exist"
        query, search = _changed(self._detection.kql, mutation.kql), _changed(self._detection.spl, mutation.spl)
        return any(t.kql(query) != t.expected for t in named) and any(t.spl(search) != t.expected for t in named)


def _changed(text: str, change: tuple[str, str]) -> str:
    assert change[0] in text, f"{change[0]!r} is not in the rule any more"
    return text.replace(*change)


class Proven(NamedTuple):
    """What came of the proof of one rule."""

    rule: str
    faults: list[str]
    mutated: Mutated
    cpu_seconds: float


def prove(rule: str) -> Proven:
    """The whole proof of one rule."""
    began = time.process_time()
    (detection,) = (held for held in content().detections if held.folder == rule)
    proof = Proof(cases()[rule], detection)
    return Proven(rule, proof.faults(), proof.mutated(), time.process_time() - began)


def prove_all(rules: Iterable[str]) -> Iterator[Proven]:
    """The proofs of these rules, a process a core, each as it is ready."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(prove, rules)


def main() -> None:
    """A line a rule, and below it what is wrong."""
    for proven in prove_all(sys.argv[1:] or cases()):
        mutated = proven.mutated
        sys.stdout.write(
            f"{proven.rule}: {len(cases()[proven.rule].stories)} stories, {mutated.tried - len(mutated.survived)} of "
            f"{mutated.tried} mutants noticed, {proven.cpu_seconds:.0f} s of CPU\n"
        )
        lists = (("FAULT", proven.faults), ("SURVIVED", mutated.survived), ("STALE", mutated.stale))
        sys.stdout.writelines(f"  {word} {line}\n" for word, lines in lists for line in lines)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
