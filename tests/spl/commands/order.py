"""sort, head, tail, reverse, dedup: what orders rows and leaves some out."""

import re
from dataclasses import dataclass

from tests.spl.arguments import boolean, options, whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner, Token
from tests.spl.values import Number, Row, Value, each, number, order_key, text

SORT_ROWS = 10_000
"""sort keeps so many rows unless it is given a count; `sort 0` keeps all."""


@dataclass(frozen=True)
class SortKey:
    """A field to sort by; `kind` is auto, num or str."""

    field: str
    descending: bool = False
    kind: str = "auto"

    def of(self, row: Row) -> tuple[int, Number, str]:
        """What the row is compared by. `auto` puts numbers before other text."""
        value = each(row.get(self.field))[0]
        if self.kind == "str":
            return (0, 0, text(value))
        if self.kind == "num" and number(value) is None:
            raise SplError(f"sort num({self.field}): {value!r} is no number")
        return order_key(value)


@dataclass(frozen=True)
class Sort:
    """`sort`: stable; rows without a value come last in either order."""

    keys: tuple[SortKey, ...]
    limit: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows in order, at most `limit` of them (0: all)."""
        for key in reversed(self.keys):
            held = [row for row in rows if row.get(key.field) is not None]
            missing = [row for row in rows if row.get(key.field) is None]
            rows = sorted(held, key=key.of, reverse=key.descending) + missing
        return rows[: self.limit] if self.limit else rows


@dataclass(frozen=True)
class Head:
    """`head`: the first rows."""

    count: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The first rows."""
        return rows[: self.count]


@dataclass(frozen=True)
class Tail:
    """`tail`: the last rows, last first."""

    count: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The last rows in reverse order."""
        return rows[::-1][: self.count]


@dataclass(frozen=True)
class Dedup:
    """`dedup [N] fields`: the first N rows of each combination of values."""

    count: int
    names: tuple[str, ...]
    keep_empty: bool

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Rows without one of the fields go, unless keepempty=true keeps all of them."""
        seen: dict[tuple[Value, ...], int] = {}
        kept = []
        for row in rows:
            key = tuple(_comparable(row.get(name)) for name in self.names)
            if None in key:
                kept += [row] if self.keep_empty else []
                continue
            seen[key] = seen.get(key, 0) + 1
            kept += [row] if seen[key] <= self.count else []
        return kept


def _comparable(value: Value) -> Value:
    return None if value is None else tuple(text(item) for item in each(value))


def _sort(scanner: Scanner, subsearch: ParsePipeline) -> Sort:
    limit = whole_number(scanner.take()) if scanner.peek().text.isdigit() else SORT_ROWS
    keys: list[SortKey] = []
    while not scanner.at_end_of_command():
        keys.append(_sort_key(scanner))
        scanner.accept(",")
    if not keys:
        raise SplError("sort: expected a field", scanner.peek().start)
    return Sort(tuple(keys), limit)


def _sort_key(scanner: Scanner) -> SortKey:
    token = scanner.take()
    sign = re.match(r"[+-]?", token.text) if token.kind == "word" else None
    descending = bool(sign) and token.text.startswith("-")
    name = token.text[sign.end() :] if sign else token.text
    if not name:
        name = _field_after_sign(scanner, token)
    _check_sort_name(token, name)
    if not scanner.peek().is_op("("):
        return SortKey(name, descending)
    return _typed_key(scanner, token, name, descending)


def _field_after_sign(scanner: Scanner, sign: Token) -> str:
    if re.search(r"[^\s(]\s*[,\s]\s*[^\s|\])]", scanner.source[sign.end :].split("|")[0].strip()):
        raise SplError("sort: a sign apart from one of several fields is not documented; write -field", sign.start)
    return scanner.take().text


def _check_sort_name(token: Token, name: str) -> None:
    if token.kind not in ("word", "string") or name in ("desc", "d") or name.startswith("limit"):
        raise SplError(f"sort: `{token.text}` is not implemented here", token.start)


def _typed_key(scanner: Scanner, token: Token, kind: str, descending: bool) -> SortKey:
    if kind not in ("auto", "num", "str"):
        raise SplError(f"sort: {kind}() is not implemented", token.start)
    scanner.expect("(")
    (name,) = (scanner.take().text,)
    scanner.expect(")")
    return SortKey(name, descending, kind)


def _count(scanner: Scanner) -> int:
    return 10 if scanner.at_end_of_command() else whole_number(scanner.take())


def _head(scanner: Scanner, subsearch: ParsePipeline) -> Head:
    return Head(_count(scanner))


def _tail(scanner: Scanner, subsearch: ParsePipeline) -> Tail:
    return Tail(_count(scanner))


def _reverse(scanner: Scanner, subsearch: ParsePipeline) -> Tail:
    return Tail(2**62)


def _dedup(scanner: Scanner, subsearch: ParsePipeline) -> Dedup:
    count = whole_number(scanner.take()) if scanner.peek().text.isdigit() else 1
    names: list[str] = []
    while not scanner.at_end_of_command() and not (found := options(scanner, ("keepempty",), "dedup")):
        if scanner.peek().is_word("sortby"):
            raise SplError("dedup: sortby is not implemented", scanner.peek().start)
        names += [scanner.take().text]
        scanner.accept(",")
    if not names:
        raise SplError("dedup: expected a field", scanner.peek().start)
    return Dedup(count, tuple(names), boolean(found, "keepempty", False))


GRAMMAR: Grammar = {"sort": _sort, "head": _head, "tail": _tail, "reverse": _reverse, "dedup": _dedup}
