"""sort. Source: Search Reference, *sort*."""

import re
from dataclasses import dataclass

from tests.spl.arguments import whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner, Token
from tests.spl.networks import address_order
from tests.spl.values import Number, Row, Scalar, number, order_key, text

SORT_ROWS = 10_000
"""sort keeps so many rows unless it is given a count; `sort 0` keeps all."""


@dataclass(frozen=True)
class SortKey:
    """A field to sort by; `kind` is auto, num or str."""

    field: str
    descending: bool = False
    kind: str = "auto"

    def value(self, row: Row) -> Scalar:
        """What the row has in the field."""
        value = row.get(self.field)
        if value is None or isinstance(value, tuple):
            raise SplError(f"sort by the multivalue {self.field} is not documented")
        return value

    def check(self, rows: list[Row]) -> None:
        """Refuses text that *sort* orders by its characters, by a number at its start, or as an address, by turns."""
        values = [self.value(row) for row in rows if self.kind == "auto"]
        if all(number(value) is not None for value in values):
            return
        ours = sorted(values, key=order_key)
        if ours != sorted(values, key=_by_leading_number) or ours != sorted(values, key=_by_address):
            raise SplError(f"sort {self.field}: numbers or addresses among text, write str({self.field})")

    def of(self, row: Row) -> tuple[int, Number, str]:
        """What the row is compared by. `auto` puts numbers before other text."""
        value = self.value(row)
        if self.kind == "str":
            return (0, 0, text(value))
        if self.kind == "num" and number(value) is None:
            raise SplError(f"sort num({self.field}): {value!r} is no number")
        return order_key(value)


def _by_leading_number(value: Scalar) -> tuple[int, Number, str]:
    found = number(value)
    leading = re.match(r"\d+(?:\.\d+)?", text(value)) if found is None else None
    return (0, float(leading[0]), text(value)) if leading else order_key(value)


def _by_address(value: Scalar) -> tuple[int, Number, str]:
    found = address_order(text(value))
    return (*found, "") if found else order_key(value)


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
            key.check(held)
            rows = sorted(held, key=key.of, reverse=key.descending) + missing
        return rows[: self.limit] if self.limit else rows


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


GRAMMAR: Grammar = {"sort": _sort}
