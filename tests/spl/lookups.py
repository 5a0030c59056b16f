"""Lookup tables with the match settings of transforms.conf.

Source: transforms.conf.spec (match_type, case_sensitive_match, min_matches, max_matches, default_match);
Search Reference, *lookup*.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.spl.errors import SplError
from tests.spl.networks import in_network
from tests.spl.patterns import wildcard

MatchType = Literal["EXACT", "WILDCARD", "CIDR"]
Cells = Mapping[str, str]
SURE_MATCHES = 100
"""The default of max_matches is 100 or 1000, by the version of transforms.conf.spec."""


@dataclass
class Lookup:
    """A table of text cells. An empty cell is null."""

    header: Sequence[str]
    rows: Sequence[Cells]
    match_type: Mapping[str, MatchType] = field(default_factory=dict)
    case_sensitive_match: bool = True
    min_matches: int = 0
    max_matches: int | None = None
    default_match: str | None = None
    _found: dict[tuple[tuple[str, str], ...], list[Cells]] = field(default_factory=dict, repr=False)
    _exact: dict[tuple[str, ...], dict[tuple[str, ...], list[Cells]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        unknown = set(self.match_type) - set(self.header)
        if unknown or not set(self.match_type.values()) <= {"EXACT", "WILDCARD", "CIDR"}:
            raise SplError(f"match_type {dict(self.match_type)} does not fit the columns {list(self.header)}")

    @classmethod
    def from_csv(
        cls,
        content: str,
        *,
        match_type: Mapping[str, MatchType] | None = None,
        case_sensitive_match: bool = True,
        min_matches: int = 0,
        max_matches: int | None = None,
        default_match: str | None = None,
    ) -> "Lookup":
        """A lookup from the text of a CSV file with a header."""
        reader = csv.DictReader(io.StringIO(content))
        rows = [{name: cell for name, cell in row.items() if cell} for row in reader]
        header = list(reader.fieldnames or ())
        return cls(header, rows, match_type or {}, case_sensitive_match, min_matches, max_matches, default_match)

    def matches(self, wanted: tuple[tuple[str, str], ...]) -> list[Cells]:
        """The rows whose columns match the wanted (column, value) pairs, in file order, at most `max_matches`."""
        if wanted not in self._found:
            exact = tuple(pair for pair in wanted if self._type(pair[0]) == "EXACT")
            tests = [self._test(name, value) for name, value in wanted if self._type(name) != "EXACT"]
            rows = [row for row in self._candidates(exact) if all(test(row) for test in tests)]
            self._found[wanted] = self._first(rows)
        return self._found[wanted]

    def _first(self, rows: list[Cells]) -> list[Cells]:
        if self.max_matches is None and len(rows) > SURE_MATCHES:
            raise SplError(f"more than {SURE_MATCHES} matches: set max_matches, its default depends on the version")
        return rows[: self.max_matches]

    def _type(self, name: str) -> MatchType:
        return self.match_type.get(name, "EXACT")

    def _fold(self, value: str) -> str:
        return value if self.case_sensitive_match else value.casefold()

    def _candidates(self, exact: tuple[tuple[str, str], ...]) -> Sequence[Cells]:
        names = tuple(name for name, _ in exact)
        if names not in self._exact:
            index: dict[tuple[str, ...], list[Cells]] = {}
            for row in self.rows:
                if all(name in row for name in names):
                    index.setdefault(tuple(self._fold(row[name]) for name in names), []).append(row)
            self._exact[names] = index
        return self._exact[names].get(tuple(self._fold(value) for _, value in exact), ())

    def _test(self, name: str, value: str) -> Callable[[Cells], bool]:
        if self._type(name) == "CIDR":
            return lambda row: name in row and in_network(row[name], value)
        return lambda row: name in row and bool(wildcard(row[name], self.case_sensitive_match).fullmatch(value))
