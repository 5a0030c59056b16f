"""A rule's query, rewritten to read one test case's events at the time of the test cases; nothing else is changed.

`now()` and `ago()` become literals, `ingestion_time()` the time of collection. `let` statements in front of the query
define what it calls: each table, limited to the rows with the test case's label, and each function of the workspace
with its body as installed, as a stored function does not see the names of a query. Strings and comments are left
unchanged.

Sources: Kusto Query Language, *The string data type* (quotes, verbatim, obfuscated and multi-line literals), *Entity
names*, *now()* (`now(offset)`: now plus the offset), *ago()* (now less the timespan), *let statement*, *table()* (it
names the stored table, whatever a `let` calls so). The one form of comment is `//` to the end of the line.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from forwarder.azure.solution import WorkspaceFunction
from forwarder.errors import Reject
from forwarder.sinks.sentinel import TABLES

_TOKEN = re.compile(
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


class KqlToken(NamedTuple):
    """One token of a query."""

    kind: str
    """`word` (names, numbers, keywords), `string`, `comment`, `space`, or `sign` (one character)."""
    text: str


def tokens(query: str) -> Iterator[KqlToken]:
    """The tokens of a query, in order. Their texts joined are the query."""
    for found in _TOKEN.finditer(query):
        yield KqlToken(str(found.lastgroup), found[0])


def words(query: str) -> list[str]:
    """Every name, number and keyword of a query, in order."""
    return [token.text for token in tokens(query) if token.kind == "word"]


_SIGNS = {"now": "+", "ago": "-"}
_ARRIVAL, _COLLECTED = "ingestion_time", "CollectedTime"
"""The rows of a test case arrive when they are sent; its rule is to see them as having arrived when collected."""
_PAIRS = {")": "(", "]": "[", "}": "{"}


def datetime_literal(timestamp: float) -> str:
    """Epoch seconds as a KQL literal."""
    text = datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")
    return f"datetime({text.removesuffix('+00:00')}Z)"


def at_time(query: str, timestamp: float) -> str:
    """The query as it is at `timestamp` (epoch seconds): `now()` and `ago()` are literals, rows arrived when collected.

    Raises `Reject` for brackets that do not match.
    """
    parts, then = list(tokens(query)), datetime_literal(timestamp)
    written = [part.text for part in parts]
    closing = _matched(parts)
    for call, opened in _calls(parts):
        closed = closing[opened]
        if parts[call].text == _ARRIVAL:
            written[call], written[opened], written[closed] = _COLLECTED, "", ""
        elif _following(parts, opened) == closed:
            written[call], written[opened], written[closed] = then, "", ""
        else:
            written[call], written[opened], written[closed] = f"({then}", f" {_SIGNS[parts[call].text]} (", "))"
    return "".join(written)


def _calls(parts: Sequence[KqlToken]) -> Iterator[tuple[int, int]]:
    """Where `now`, `ago` or `ingestion_time` is called, and where its bracket opens."""
    for position, part in enumerate(parts):
        if part.kind == "word" and part.text in (*_SIGNS, _ARRIVAL):
            after = _following(parts, position)
            if after is not None and parts[after] == KqlToken("sign", "("):
                yield position, after


def _matched(parts: Sequence[KqlToken]) -> dict[int, int]:
    """Where each bracket closes, by where it opens."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for position, part in enumerate(parts):
        if part.kind == "sign" and part.text in _PAIRS.values():
            opened.append(position)
        elif part.kind == "sign" and part.text in _PAIRS:
            if not opened or parts[opened[-1]].text != _PAIRS[part.text]:
                raise Reject("query", f"the query's brackets do not match: {part.text!r} closes none")
            found[opened.pop()] = position
    if opened:
        raise Reject("query", f"the query's brackets do not match: {parts[opened[-1]].text!r} is never closed")
    return found


def _following(parts: Sequence[KqlToken], position: int) -> int | None:
    """The next part that is neither space nor comment."""
    rest = range(position + 1, len(parts))
    return next((n for n in rest if parts[n].kind not in ("space", "comment")), None)


LONGEST = 64_000
"""Characters. Azure documents no limit for a posted query; a log alert rule holds 64 KB (*Service limits*)."""


class QueryComposition(NamedTuple):
    """How the queries of one run are composed."""

    functions: Mapping[str, WorkspaceFunction]
    """Those of the workspace, by alias."""
    now: float
    """The time of the test cases, epoch seconds."""
    since: float
    """Start of the run, epoch seconds: `TimeGenerated` of its rows is not older, as Azure rewrites it."""

    def compose(self, query: str, label: str) -> str:
        """The query over the events that have `label`. Raises `Reject` for one that cannot be composed."""
        text = "\n".join([*self._statements(query, label), at_time(query, self.now)])
        if len(text) > LONGEST:
            raise Reject("query", f"with the functions it calls it has {len(text)} characters; the limit is {LONGEST}")
        return text

    def _statements(self, query: str, label: str) -> Iterator[str]:
        own = _defined(query)
        called = list(self._called(query, own))
        texts = [query, *(self.functions[name].body for name in called)]
        read = {word for text in texts for word in words(text)}
        tables = [table for table in TABLES.values() if table in read]
        if twice := sorted(own & {*tables, *called}):
            raise Reject("query", f"it defines {twice[0]} itself, so it cannot be run over one test case")
        _expect_plain_names(texts, {*tables, *called})
        for table in tables:
            yield f"let {table} = table('{table}') | where {self._has(label)};"
        for name in called:
            function = self.functions[name]
            yield f"let {name} = ({function.parameters}) {{\n{at_time(function.body, self.now)}\n}};"

    def _has(self, label: str) -> str:
        """The condition that only the rows with the label meet."""
        return f"TimeGenerated >= {datetime_literal(self.since)} and tostring(metadata.labels) has '{label}'"

    def _called(self, query: str, own: set[str]) -> Iterator[str]:
        """The functions that the query calls and those that these call, each after what it calls itself."""
        done: dict[str, None] = {}

        def visit(text: str, callers: tuple[str, ...], own: set[str]) -> None:
            for name in words(text):
                if name not in self.functions or name in done or name in own:
                    continue
                if name in callers:
                    raise Reject("query", f"function {name} calls itself through {', '.join(callers)}")
                function = self.functions[name]
                visit(function.body, (*callers, name), set(words(function.parameters)))
                done[name] = None

        visit(query, (), own)
        yield from done


def _defined(query: str) -> set[str]:
    """The names that the query defines itself."""
    return {name for before, name in pairwise(words(query)) if before == "let"}


def _expect_plain_names(texts: Iterable[str], names: Collection[str]) -> None:
    """Raises `Reject` where a name would not mean the `let`: in another workspace, or as text in `table('…')`."""
    for text in texts:
        relevant = [token for token in tokens(text) if token.kind not in ("space", "comment")]
        for before, token in pairwise(relevant):
            qualified = before == KqlToken("sign", ".") and token.text in names
            if qualified or (before == KqlToken("sign", "(") and _quoted(token) in names):
                raise Reject("query", f"it reads {token.text} by another way than its name, so not only one test case")


def _quoted(token: KqlToken) -> str | None:
    return token.text.lstrip("hH@").strip("'\"") if token.kind == "string" else None
