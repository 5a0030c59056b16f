"""The binder as a function: queries in, problems and result columns out."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from forwarder.detect.functions import SavedFunction
from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES, columns
from tests.kql.azure_tables import AZURE_TABLES
from tests.kql.scripts import answered
from tools.content.folder import Content

_WATCHLIST = re.compile(r"_GetWatchlist\('(\w+)'\)")
_WATCHLIST_OWN = {"_DTItemId": "string", "LastUpdatedTimeUTC": "datetime", "SearchKey": "string"}
"""Columns that every watchlist has beside those of its file (Microsoft Sentinel: build queries with watchlists)."""


class Bound(NamedTuple):
    """What the binder says of one query."""

    problems: list[str]
    columns: dict[str, str]


def bind(content: Content, queries: dict[str, str], others: Iterable[SavedFunction] = ()) -> dict[str, Bound]:
    """Binds the queries against our tables, functions, `others` and watchlists. Warnings are problems too."""
    request = {
        "tables": {TABLES[stream]: columns(stream) for stream in STREAMS} | AZURE_TABLES,
        "functions": [*_functions([*content.functions, *others]), *_watchlists(content)],
        "queries": {name: _own_watchlists(query) for name, query in queries.items()},
    }
    return {name: _bound(answer) for name, answer in answered("bind.js", request).items()}


def _functions(functions: Iterable[SavedFunction]) -> list[dict[str, str]]:
    return [{"name": f.name, "parameters": f.parameters, "body": _own_watchlists(f.body)} for f in functions]


def _own_watchlists(text: str) -> str:
    return _WATCHLIST.sub(r"Watchlist_\1()", text)


def _watchlists(content: Content) -> list[dict[str, str]]:
    """A function a watchlist, because the columns of `_GetWatchlist` differ by its argument."""
    return [
        {
            "name": f"Watchlist_{lookup.definition.watchlist}",
            "parameters": "",
            "body": _empty({**_WATCHLIST_OWN, **dict.fromkeys(lookup.columns, "string")}),
        }
        for lookup in content.lookups
    ]


def _empty(table: dict[str, str]) -> str:
    return f"datatable({', '.join(f'{name}:{kind}' for name, kind in table.items())})[]"


def _bound(answer: dict[str, Any]) -> Bound:
    problems = [f"{p['severity']} {p['code']} at {p['text']!r}: {p['message']}" for p in answer["problems"]]
    return Bound(problems, answer["columns"])
