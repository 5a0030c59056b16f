"""Reads tokens on demand, in one of two dialects.

SPL has no single token grammar: `a-b.c` is one word after `search` or `by`, and arithmetic after `eval`. So the
parser asks for the next token in the dialect of the place it is at.
"""

import re
from typing import Literal, NamedTuple

from tests.spl.errors import SplError

Kind = Literal["string", "name", "number", "word", "op", "end"]


class Token(NamedTuple):
    """A piece of the search: `text` is without quotes and escapes, `start` and `end` are positions."""

    kind: Kind
    text: str
    start: int
    end: int

    def is_op(self, *ops: str) -> bool:
        """Whether this is one of the operators."""
        return self.kind == "op" and self.text in ops

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the words, in any case (words of the language, such as `by`)."""
        return self.kind == "word" and self.text.lower() in words


_STRING = r'(?P<string>"(?:[^"\\]|\\.)*")'
_DIALECTS = {
    "words": re.compile(rf"\s*(?:{_STRING}|(?P<op>!=|<=|>=|[=<>()\[\]|,])|(?P<word>[^\s\"'()\[\]|=<>!,`]+))", re.S),
    "eval": re.compile(
        rf"\s*(?:{_STRING}|'(?P<name>[^']+)'|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_]\w*)"
        r"|(?P<op>==|!=|<=|>=|[=<>()\[\]|,+\-*/%.]))",
        re.S,
    ),
}
Dialect = Literal["words", "eval"]
_KINDS: tuple[Kind, ...] = ("string", "name", "number", "word", "op")


class Scanner:
    """A place in a search, which only moves on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def peek(self, dialect: Dialect = "words") -> Token:
        """The next token, left where it is."""
        match = _DIALECTS[dialect].match(self.source, self.position)
        if match is None:
            return self._end()
        groups = match.groupdict()
        kind = next(kind for kind in _KINDS if groups.get(kind) is not None)
        body = groups[kind]
        found = _unescape(body[1:-1]) if kind == "string" else body
        return Token(kind, found, match.end() - len(body) - (2 if kind == "name" else 0), match.end())

    def take(self, dialect: Dialect = "words") -> Token:
        """The next token, taken."""
        token = self.peek(dialect)
        self.position = token.end
        return token

    def accept(self, *ops: str, dialect: Dialect = "words") -> bool:
        """Takes the next token if it is one of these operators."""
        found = self.peek(dialect).is_op(*ops)
        if found:
            self.take(dialect)
        return found

    def accept_word(self, *words: str) -> bool:
        """Takes the next token if it is one of these words, in any case."""
        found = self.peek().is_word(*words)
        if found:
            self.take()
        return found

    def expect(self, op: str, dialect: Dialect = "words") -> None:
        """Takes the operator, or fails."""
        token = self.take(dialect)
        if not token.is_op(op):
            raise SplError(f"expected `{op}`, found `{token.text}`", token.start)

    def at_end_of_command(self) -> bool:
        """Whether a pipe, a closing bracket or the end comes next."""
        token = self.peek()
        return token.kind == "end" or token.is_op("|", "]")

    def _end(self) -> Token:
        rest = self.source[self.position :]
        start = self.position + len(rest) - len(rest.lstrip())
        if rest.strip():
            raise SplError(f"`{rest.strip()[0]}` cannot stand here", start)
        return Token("end", "", start, start)


def _unescape(body: str) -> str:
    """A backslash escapes a quote or a backslash; before anything else it stays, as regular expressions need."""
    return re.sub(r'\\(["\\])', r"\1", body)
