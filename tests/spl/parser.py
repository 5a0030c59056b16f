"""Parses a search into a pipeline. What each command takes is parsed beside the command, in `commands/`."""

import re

from tests.spl.commands import GENERATING, GRAMMAR
from tests.spl.commands.charts import Timechart
from tests.spl.commands.filters import BaseSearch, sets_range
from tests.spl.commands.tstats import Tstats
from tests.spl.errors import SplError
from tests.spl.grammar_search import SearchGrammar
from tests.spl.lexer import Scanner
from tests.spl.tree import Command, Pipeline


def parse(search: str, chained: bool = False) -> Pipeline:
    """The pipeline of a search whose macros are expanded and whose dashboard tokens are filled in.

    `chained`: it goes on from the rows of another, so its first command needs rows.
    """
    token = re.search(r"\$\w+\$", search)
    if token:
        raise SplError(f"the token {token[0]} is not filled in", token.start())
    scanner = Scanner(search)
    pipeline = _continued(scanner) if chained else parse_pipeline(scanner)
    rest = scanner.peek()
    if rest.kind != "end":
        raise SplError(f"`{rest.text}` cannot stand here", rest.start)
    return pipeline


def parse_pipeline(scanner: Scanner, inside: bool = False) -> Pipeline:
    """The pipeline at the scanner's place; `inside` brackets the word search or a pipe must come first."""
    commands = [_generating(scanner) if scanner.accept("|") else _base_search(scanner, inside)]
    while scanner.accept("|"):
        commands.append(_command(scanner))
    _check_range(commands)
    return Pipeline(tuple(commands))


def _check_range(commands: list[Command]) -> None:
    first, charts = commands[0], [command for command in commands if isinstance(command, Timechart)]
    if charts and isinstance(first, BaseSearch | Tstats) and sets_range(first.predicate):
        raise SplError("timechart of a search with a time range of its own is not implemented", charts[0].position)


def _continued(scanner: Scanner) -> Pipeline:
    """Commands that go on from rows there are."""
    commands = []
    while scanner.accept("|"):
        commands.append(_command(scanner))
    return Pipeline(tuple(commands))


def parse_subsearch(scanner: Scanner) -> Pipeline:
    """A pipeline inside brackets, up to the closing one."""
    return parse_pipeline(scanner, inside=True)


def _base_search(scanner: Scanner, inside: bool) -> Command:
    token = scanner.peek()
    if not scanner.accept_word("search") and inside:
        raise SplError("a subsearch starts with search or a pipe", token.start)
    predicate = SearchGrammar(scanner, parse_subsearch).parse()
    _check_end(scanner, "search")
    return BaseSearch(predicate, token.start)


def _generating(scanner: Scanner) -> Command:
    token = scanner.peek()
    if token.text not in GENERATING and token.text != "search":
        raise SplError(f"a search cannot start with the command `{token.text}`", token.start)
    if token.text == "search":
        return _base_search(scanner, inside=True)
    return _command(scanner, first=True)


def _command(scanner: Scanner, first: bool = False) -> Command:
    token = scanner.take()
    if token.kind != "word" or token.text not in GRAMMAR:
        raise SplError(f"command `{token.text}` is not implemented", token.start)
    if token.text in GENERATING and not first and token.text != "inputlookup":
        raise SplError(f"`{token.text}` must be the first command", token.start)
    command = GRAMMAR[token.text](scanner, parse_subsearch)
    if token.text == "inputlookup" and first == getattr(command, "append", False):
        raise SplError("inputlookup comes first, or later with append=t", token.start)
    _check_end(scanner, token.text)
    return command


def _check_end(scanner: Scanner, name: str) -> None:
    if not scanner.at_end_of_command():
        token = scanner.peek()
        raise SplError(f"{name}: `{token.text}` is not implemented here", token.start)
