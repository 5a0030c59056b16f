"""Where the workspace differs from what is shipped, which may explain a disagreement."""

from collections.abc import Collection, Iterator, Mapping

from forwarder.azure.connection import Azure
from forwarder.azure.contents import changed_functions, changed_rules
from forwarder.azure.installed import Function, Rule, ask_items, ask_watchlists
from forwarder.azure.solution import shipped_functions, shipped_watchlists
from forwarder.errors import ForwarderError
from forwarder.siem.rows import difference
from forwarder.siem.stories import Rows


def other_rules(there: Mapping[str, Rule], wanted: Collection[str]) -> Iterator[str]:
    """A note for each of the wanted rules, by id, that is not as shipped."""
    for identity in changed_rules(there):
        if identity in wanted:
            yield f"rule {there[identity].title!r} is other than shipped; it was run as it is installed"


def other_functions(there: Mapping[str, Function]) -> Iterator[str]:
    """A note for each function that is not there or not as shipped."""
    yield from (f"function {name} is not in the workspace" for name in shipped_functions() if name not in there)
    yield from (f"function {name} is other than shipped" for name in changed_functions(there))


def other_watchlists(azure: Azure) -> Iterator[str]:
    """A note for each watchlist that does not hold the rows that are shipped, or cannot be read."""
    try:
        there = ask_watchlists(azure)
    except ForwarderError as error:
        yield f"whether watchlists hold rows of your own is not known: {error}"
        return
    for alias, rows in shipped_watchlists().items():
        if alias in there:
            yield from _other_rows(azure, alias, rows)
        else:
            yield f"watchlist {alias} is not in the workspace"


def _other_rows(azure: Azure, alias: str, rows: Rows) -> Iterator[str]:
    try:
        held = ask_items(azure, alias)
    except ForwarderError as error:
        yield f"watchlist {alias} cannot be read: {error}"
        return
    if difference(held, rows):
        yield f"watchlist {alias} holds rows of your own: rules that read it may rightly say something else"
