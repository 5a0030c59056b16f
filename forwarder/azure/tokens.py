"""A query of KQL as its pieces: names and figures, strings, comments, signs, and the space between.

Sources: Kusto Query Language, *The string data type* (quotes, verbatim, obfuscated and multi-line literals), *Entity
names*. The one form of comment is `//` to the end of the line. The pieces of a text put together are the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PIECE = re.compile(
    r"""
      (?P<comment> //[^\r\n]* )
    | (?P<string>
          [hH]?@"(?:[^"]|"")*" | [hH]?@'(?:[^']|'')*'
        | [hH]?"(?:[^"\\\r\n]|\\.)*" | [hH]?'(?:[^'\\\r\n]|\\.)*'
        | [hH]?```.*?``` | [hH]?~~~.*?~~~
      )
    | (?P<word> [\w$]+ )
    | (?P<space> \s+ )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One piece of a query."""

    kind: str
    """`word` (names, figures, keywords), `string`, `comment`, `space`, or `sign` (one character)."""
    text: str


def tokens(query: str) -> Iterator[Token]:
    """The pieces of a query, in order."""
    for found in _PIECE.finditer(query):
        yield Token(str(found.lastgroup), found[0])


def words(query: str) -> list[str]:
    """Every name, figure and keyword of a query, in order."""
    return [token.text for token in tokens(query) if token.kind == "word"]
