"""Where the workspace differs from what is shipped: rules and functions that were changed, watchlists with own rows."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forwarder.azure.connection import Azure
from forwarder.azure.installed import Function, Rule, ask_items, ask_watchlists
from forwarder.errors import ForwarderError
from forwarder.siem.rows import difference
from forwarder.siem.stories import Rows


class Shipped(NamedTuple):
    """What this version brings that a customer may change."""

    rules: Mapping[str, Rule]
    """By id in lower case."""
    functions: Mapping[str, Function]
    watchlists: Mapping[str, Rows]
    """Their rows, by alias."""


def changed_rules(there: Mapping[str, Rule], shipped: Mapping[str, Rule]) -> Iterator[str]:
    """A note for each of these rules whose query is not as shipped."""
    for identity, rule in shipped.items():
        held = there.get(identity)
        if held and _words(held.query) != _words(rule.query):
            yield f"rule {rule.title!r} has another query than the one that ships"


def changed_functions(there: Mapping[str, Function], shipped: Mapping[str, Function]) -> Iterator[str]:
    """A note for each function that is not there or not as shipped."""
    for name, function in shipped.items():
        held = there.get(name)
        if held is None:
            yield f"function {name} is not in the workspace"
        elif [_words(text) for text in held] != [_words(text) for text in function]:
            yield f"function {name} is not as shipped"


def filled_watchlists(azure: Azure, shipped: Mapping[str, Rows]) -> Iterator[str]:
    """A note for each watchlist that does not hold the rows that are shipped, or cannot be read."""
    try:
        there = ask_watchlists(azure)
    except ForwarderError as error:
        yield f"whether watchlists hold rows of your own is not known: {error}"
        return
    for alias, rows in shipped.items():
        if alias not in there:
            yield f"watchlist {alias} is not in the workspace: rules that read it find nothing there"
            continue
        try:
            held = ask_items(azure, alias)
        except ForwarderError as error:
            yield f"watchlist {alias} cannot be read: {error}"
            continue
        if difference(held, rows):
            yield f"watchlist {alias} holds rows of your own: rules that read it may rightly say something else"


def _words(text: str) -> list[str]:
    return text.split()
