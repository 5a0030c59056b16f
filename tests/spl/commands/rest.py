"""rest: rows of splunkd's own endpoints, which the test gives. Source: Search Reference, *rest*."""

from dataclasses import dataclass

from tests.spl.arguments import options
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.values import Row


@dataclass(frozen=True)
class Rest:
    """`rest PATH splunk_server=local count=0`: this server alone, and all rows instead of the first 30."""

    path: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows of the endpoint."""
        if self.path not in context.endpoints:
            raise SplError(f"rest: {self.path} is no endpoint here", self.position)
        return [dict(row) for row in context.endpoints[self.path]]


def _rest(scanner: Scanner, subsearch: ParsePipeline) -> Rest:
    position = scanner.peek().start
    path = scanner.take().text
    given = {name: token.text for name, token in options(scanner, ("splunk_server", "count"), "rest").items()}
    if given != {"splunk_server": "local", "count": "0"}:
        raise SplError("rest: only splunk_server=local count=0 is implemented", position)
    return Rest(path, position)


GRAMMAR: Grammar = {"rest": _rest}
