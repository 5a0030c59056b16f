"""Parses what the search command filters by.

Here OR binds tighter than AND, unlike in eval (Search Manual, *Boolean expressions*, order of evaluation).
"""

from collections.abc import Callable
from typing import cast

from tests.spl.errors import SplError
from tests.spl.lexer import Scanner, Token
from tests.spl.tree import (
    AllOf,
    AnyOf,
    Command,
    Compare,
    Comparison,
    Everything,
    Not,
    Pipeline,
    Predicate,
    Subsearch,
    Term,
    TimeBound,
)

ParsePipeline = Callable[[Scanner], Pipeline]
Grammar = dict[str, Callable[[Scanner, ParsePipeline], Command]]
"""What parses the arguments of each command; the second parameter parses a subsearch."""
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_BOUNDS = ("earliest", "latest", "_index_earliest", "_index_latest")
_REFUSED_FIELDS = frozenset(
    {"tag", "eventtype", "splunk_server", "splunk_server_group", "savedsearch", "savedsplunk", "hosttag"}
    | {"sourcetypetag", "eventtypetag", "starttime", "endtime", "timeformat", "startdaysago", "enddaysago"}
    | {"starthoursago", "endhoursago"}
)


class SearchGrammar:
    """The predicate at the scanner's place, up to a pipe, a bracket or a word that stops it."""

    def __init__(self, scanner: Scanner, parse_pipeline: ParsePipeline, stops: tuple[str, ...] = ()) -> None:
        self._scanner = scanner
        self._parse_pipeline = parse_pipeline
        self._stops = stops

    def parse(self) -> Predicate:
        """The whole predicate; nothing at all selects everything."""
        parts: list[Predicate] = []
        while not self._at_stop():
            if parts:
                self._accept_keyword("AND")
            parts.append(self._any_of())
        return _joined(parts)

    def _at_stop(self) -> bool:
        token = self._scanner.peek()
        return token.kind == "end" or token.is_op("|", "]", ")") or token.is_word(*self._stops)

    def _accept_keyword(self, word: str) -> bool:
        token = self._scanner.peek()
        if token.kind == "word" and token.text == word:
            self._scanner.take()
            return True
        return False

    def _any_of(self) -> Predicate:
        parts = [self._negation()]
        while self._accept_keyword("OR"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _negation(self) -> Predicate:
        return Not(self._negation()) if self._accept_keyword("NOT") else self._primary()

    def _primary(self) -> Predicate:
        token = self._scanner.take()
        if token.is_op("("):
            inner = self.parse()
            self._scanner.expect(")")
            return inner
        if token.is_op("["):
            pipeline = self._parse_pipeline(self._scanner)
            self._scanner.expect("]")
            return Subsearch(pipeline, token.start)
        if token.kind not in ("word", "string"):
            raise SplError(f"a search cannot go on with `{token.text or 'the end'}`", token.start)
        return self._field_or_term(token)

    def _field_or_term(self, token: Token) -> Predicate:
        following = self._scanner.peek()
        if following.is_op(*_COMPARISONS):
            self._scanner.take()
            return self._compare(token, cast("Comparison", following.text))
        if following.kind == "word" and following.text.upper() == "IN" and self._opens_list(following):
            return self._one_of(token)
        if token.kind == "word":
            self._check_bare(token)
        return Everything() if token.text == "*" else Term(token.text)

    def _opens_list(self, token: Token) -> bool:
        return self._scanner.source[token.end :].lstrip().startswith("(")

    def _check_bare(self, token: Token) -> None:
        if token.text.lower() in ("and", "or", "not", "in"):
            raise SplError(
                f"`{token.text}` is an operator only in capitals; quote it to look for the word", token.start
            )
        if self._scanner.source.startswith("(", token.end):
            raise SplError(f"{token.text}() is not implemented in a search", token.start)

    def _compare(self, token: Token, operator: Comparison) -> Predicate:
        value = self._value()
        field = _checked_field(token)
        if field not in _BOUNDS:
            return Compare(field, operator, value.text, token.start)
        if operator != "=":
            raise SplError(f"{field} takes `=` only", token.start)
        return TimeBound(field, value.text, token.start)

    def _value(self) -> Token:
        token = self._scanner.take()
        if token.kind not in ("word", "string"):
            raise SplError(f"expected a value, found `{token.text or 'the end'}`", token.start)
        return token

    def _one_of(self, token: Token) -> Predicate:
        self._scanner.take()
        self._scanner.expect("(")
        field = _checked_field(token)
        parts: list[Predicate] = []
        while not self._scanner.accept(")"):
            if parts:
                self._scanner.expect(",")
            parts.append(Compare(field, "=", self._value().text, token.start))
        return AnyOf(tuple(parts))


def _checked_field(token: Token) -> str:
    if token.text in _REFUSED_FIELDS or "::" in token.text:
        raise SplError(f"searching by {token.text} is not implemented", token.start)
    if "*" in token.text:
        raise SplError(f"wildcards in the field name {token.text} are not implemented", token.start)
    return token.text


def _joined(parts: list[Predicate]) -> Predicate:
    if not parts:
        return Everything()
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))
