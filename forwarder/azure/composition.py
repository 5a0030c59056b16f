"""A rule's query made to read one story's events at the stories' moment, and nothing else of it changed.

In front of it stands, as `let` statements, what it calls: each table of ours as far as it carries the story's mark, and
each function of the workspace with its body as it is installed: a stored function would not see a query's own names.
Source: Kusto Query Language, *let statement*, *table()* (it names the stored table, whatever a `let` calls so).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from forwarder.azure.installed import Function
from forwarder.azure.moment import at, literal
from forwarder.azure.tokens import Token, tokens, words
from forwarder.errors import Reject
from forwarder.sinks.sentinel import TABLES

LONGEST = 64_000
"""Characters. Azure tells no limit for a query that is posted; a log alert rule holds 64 KB (*Service limits*)."""


class Composition(NamedTuple):
    """How queries are made, in one run."""

    functions: Mapping[str, Function]
    """Those of the workspace, by alias."""
    now: float
    """The stories' moment, epoch seconds."""
    since: float
    """When the run began, epoch seconds: `TimeGenerated` of what it sent is not older, for Azure rewrites it."""

    def of(self, query: str, mark: str) -> str:
        """The query over the events that carry `mark`. Raises `Reject` for one that cannot be made."""
        made = "\n".join([*self._statements(query, mark), at(query, self.now)])
        if len(made) > LONGEST:
            raise Reject("query", f"with what it calls it has {len(made)} characters, and {LONGEST} are the limit here")
        return made

    def _statements(self, query: str, mark: str) -> Iterator[str]:
        own = _named(query)
        called = list(self._called(query, own))
        texts = [query, *(self.functions[name].body for name in called)]
        read = {word for text in texts for word in words(text)}
        tables = [table for table in TABLES.values() if table in read]
        if twice := sorted(own & {*tables, *called}):
            raise Reject("query", f"it gives {twice[0]} a meaning of its own, so it cannot be put before one story")
        _expect_plain_names(texts, {*tables, *called})
        for table in tables:
            yield f"let {table} = table('{table}') | where {self.marked(mark)};"
        for name in called:
            function = self.functions[name]
            yield f"let {name} = ({function.parameters}) {{\n{at(function.body, self.now)}\n}};"

    def marked(self, mark: str) -> str:
        """What is true of the rows that carry the mark alone."""
        return f"TimeGenerated >= {literal(self.since)} and tostring(metadata.labels) has '{mark}'"

    def _called(self, query: str, own: set[str]) -> Iterator[str]:
        """The functions that the query calls and those that these call, each after what it calls itself."""
        done: dict[str, None] = {}

        def visit(text: str, callers: tuple[str, ...], own: set[str]) -> None:
            for name in words(text):
                if name not in self.functions or name in done or name in own:
                    continue
                if name in callers:
                    raise Reject("query", f"function {name} calls itself, by way of {', '.join(callers)}")
                function = self.functions[name]
                visit(function.body, (*callers, name), set(words(function.parameters)))
                done[name] = None

        visit(query, (), own)
        yield from done


def _named(query: str) -> set[str]:
    """The names that the query gives a meaning itself."""
    return {name for before, name in pairwise(words(query)) if before == "let"}


def _expect_plain_names(texts: Iterable[str], names: Collection[str]) -> None:
    """Raises `Reject` where a name would not mean the `let`: in another workspace, or as text in `table('…')`."""
    for text in texts:
        said = [token for token in tokens(text) if token.kind not in ("space", "comment")]
        for before, token in pairwise(said):
            qualified = before == Token("sign", ".") and token.text in names
            if qualified or (before == Token("sign", "(") and _quoted(token) in names):
                raise Reject("query", f"it reads {token.text} by another way than its name, so past one story")


def _quoted(token: Token) -> str | None:
    return token.text.lstrip("hH@").strip("'\"") if token.kind == "string" else None
