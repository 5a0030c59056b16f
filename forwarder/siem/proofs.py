"""What `verify` found: story by story, rule by rule."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Outcome = Literal["agreed", "disagreed", "unproven"]
"""`unproven`: its events did not become searchable, or the search failed."""

Show = Callable[[Mapping[str, tuple[int, int]]], None]
"""Hears how far each step of a proof is: done, and of how many."""


class Judged(NamedTuple):
    """What came of one story."""

    story: str
    outcome: Outcome
    text: str = ""
    """The first difference, or why it is unproven."""


class Proof(NamedTuple):
    """What came of one rule."""

    rule: str
    fault: str
    """Why the parser does not take the rule as it is installed; empty: it does."""
    stories: tuple[Judged, ...]
    skipped: int
    """Stories that need a lookup filled in, which is the customer's and is not touched."""

    def count(self, outcome: Outcome) -> int:
        """How many stories ended so."""
        return sum(judged.outcome == outcome for judged in self.stories)

    @property
    def good(self) -> bool:
        """Whether nothing speaks against the rule."""
        return not self.fault and all(judged.outcome == "agreed" for judged in self.stories)


class Report(NamedTuple):
    """A whole run."""

    run: str
    place: str
    """Where the stories' events are."""
    proofs: tuple[Proof, ...]
    notes: tuple[str, ...]
    """Where this SIEM differs from what is shipped, which may explain a disagreement."""

    @property
    def good(self) -> bool:
        """Whether every rule is."""
        return all(proof.good for proof in self.proofs)
