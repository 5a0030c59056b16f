"""fields, table, rename, fillnull, mvexpand: what changes which fields rows have."""

import re
from dataclasses import dataclass

from tests.spl.arguments import field, fields, options, selected
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.patterns import wildcard
from tests.spl.values import Row, Value, each


def names_in(rows: list[Row]) -> list[str]:
    """The fields that any row has a value of, in the order they appear."""
    return list({name: None for row in rows for name, value in row.items() if value is not None})


@dataclass(frozen=True)
class Fields:
    """`fields [+|-]`: keeps or drops. Keeping never drops internal fields."""

    patterns: tuple[str, ...]
    drop: bool

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with fewer fields."""
        named = set(selected(self.patterns, names_in(rows)))
        if self.drop:
            return [{name: value for name, value in row.items() if name not in named} for row in rows]
        return [{name: value for name, value in row.items() if name in named or name.startswith("_")} for row in rows]


@dataclass(frozen=True)
class Table:
    """`table`: exactly these fields, in this order."""

    patterns: tuple[str, ...]

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with these fields only."""
        names = selected(self.patterns, names_in(rows))
        return [{name: row[name] for name in names if row.get(name) is not None} for row in rows]


@dataclass(frozen=True)
class Rename:
    """One `a AS b` of rename; `a.*` AS `b*` renames by pattern."""

    old: str
    new: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the field renamed. A missing field renamed onto another takes that one away."""
        pairs = [(self.old, self.new)] if "*" not in self.old else self._matching(names_in(rows))
        for row in rows:
            values = [row.pop(old, None) for old, _ in pairs]
            row.update(zip([new for _, new in pairs], values, strict=True))
        return rows

    def _matching(self, names: list[str]) -> list[tuple[str, str]]:
        pattern = re.compile(wildcard(self.old, case_sensitive=True).pattern.replace(".*", "(.*)"))
        chosen = selected((self.old,), names)
        return [(name, _filled(self.new, match)) for name in chosen if (match := pattern.fullmatch(name))]


def _filled(new: str, match: re.Match[str]) -> str:
    parts = new.split("*")
    return parts[0] + "".join(held + part for held, part in zip(match.groups(), parts[1:], strict=True))


@dataclass(frozen=True)
class Renames:
    """All renames of one command."""

    parts: tuple[Rename, ...]

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows after each rename in turn."""
        for part in self.parts:
            rows = part.run(rows, context)
        return rows


@dataclass(frozen=True)
class Fillnull:
    """`fillnull`: without fields, every field that some row has."""

    value: str
    names: tuple[str, ...]

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the value where there was null."""
        names = self.names or tuple(name for name in names_in(rows) if not name.startswith("_"))
        for row in rows:
            row.update({name: self.value for name in names if row.get(name) is None})
        return rows


@dataclass(frozen=True)
class Mvexpand:
    """`mvexpand`: a row a value. A row without the field stays."""

    name: str

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """A copy of the row for each value of the field."""
        return [{**row, self.name: value} for row in rows for value in _values(row.get(self.name))]


def _values(value: Value) -> tuple[Value, ...]:
    return each(value) or (None,)


def _fields(scanner: Scanner, subsearch: ParsePipeline) -> Fields:
    sign = scanner.peek()
    if sign.is_word("-", "+"):
        scanner.take()
    elif sign.text[:1] in ("-", "+"):
        raise SplError(f"write `{sign.text[0]} {sign.text[1:]}`", sign.start)
    return Fields(fields(scanner, wildcards=True), sign.is_word("-"))


def _table(scanner: Scanner, subsearch: ParsePipeline) -> Table:
    return Table(fields(scanner, wildcards=True))


def _rename(scanner: Scanner, subsearch: ParsePipeline) -> Renames:
    parts: list[Rename] = []
    while not scanner.at_end_of_command():
        position = scanner.peek().start
        old = field(scanner)
        if not scanner.accept_word("as"):
            raise SplError("rename: expected AS", scanner.peek().start)
        part = Rename(old, field(scanner), position)
        if part.old.count("*") != part.new.count("*"):
            raise SplError("rename: both names need the same number of wildcards", position)
        if part.new in [other.new for other in parts]:
            raise SplError(f"rename: two fields cannot both become {part.new}", position)
        parts.append(part)
        scanner.accept(",")
    if not parts:
        raise SplError("rename: expected a field", scanner.peek().start)
    return Renames(tuple(parts))


def _fillnull(scanner: Scanner, subsearch: ParsePipeline) -> Fillnull:
    found = options(scanner, ("value",), "fillnull")
    value = found["value"].text if "value" in found else "0"
    return Fillnull(value, () if scanner.at_end_of_command() else fields(scanner))


def _mvexpand(scanner: Scanner, subsearch: ParsePipeline) -> Mvexpand:
    return Mvexpand(field(scanner))


GRAMMAR: Grammar = {"fields": _fields, "table": _table, "rename": _rename, "fillnull": _fillnull, "mvexpand": _mvexpand}
