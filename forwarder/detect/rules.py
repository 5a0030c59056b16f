"""The bundled rules and what they read from: the folder `detections/`."""

import csv
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import yaml

from forwarder.bundled import bundled
from forwarder.detect.engine import ALIAS, WATCHLISTS, Engine, Library
from forwarder.detect.functions import saved_functions
from forwarder.records import STREAMS, Stream

_GET_WATCHLIST = f".create-or-alter function _GetWatchlist(alias: string) {{ {WATCHLISTS} | where {ALIAS} == alias }}"


class Rule(NamedTuple):
    """One rule: its folder's name below `detections/`, its query, and what it looks at."""

    name: str
    title: str
    severity: str
    query: str
    types: tuple[str, ...]
    """Patterns of the activity types it looks at; `!` takes some out again."""
    parameters: dict[str, str]
    """Name and value as the query has them, in its order."""
    same: tuple[str, ...]
    """The columns that make two alerts the same."""

    def looks_at(self, code: str) -> bool:
        """Whether events of the activity type `code` can move it."""
        wanted = [pattern for pattern in self.types if not pattern.startswith("!")]
        unwanted = [pattern[1:] for pattern in self.types if pattern.startswith("!")]
        return _fits(code, wanted) and not _fits(code, unwanted)

    def tuned(self, values: Mapping[str, str]) -> "Rule":
        """The rule with other values for some of its parameters, as KQL writes them."""
        query = self.query
        for name, value in values.items():
            query = _given(query, name, value)
        return self._replace(query=query, parameters={**self.parameters, **values})


def bundled_rules() -> Iterator[Rule]:
    """Every rule, in the order of their names."""
    for family in _folders(bundled("detections")):
        for folder in _folders(family):
            if folder.joinpath("rule.yaml").is_file():
                yield _rule(f"{family.name}/{folder.name}", folder)


def library(filled_in: Mapping[str, str] | None = None) -> Library:
    """The base functions and the watchlists.

    `filled_in` gives the text of a lookup (`claude_calendar`) in place of the one that ships.
    """
    bases, others = {}, {"_GetWatchlist": _GET_WATCHLIST}
    for name, parameters, body in saved_functions(bundled("detections/base")):
        if parameters.startswith("since:"):
            bases[name] = body
        else:
            others[name] = f".create-or-alter function {name}({parameters}) {{ {body} }}"
    return Library(bases, others, tuple(_watchlists(filled_in or {})))


def run_detections(rows: Mapping[Stream, Iterable[Mapping[str, Any]]], now: datetime) -> list[dict[str, Any]]:
    """Each rule's alerts over rows of the four tables at `now`: `{"rule", "alerts", "rows"}`."""
    engine = Engine(library())
    for stream in STREAMS:
        engine.load(stream, rows.get(stream, ()))
    engine.settle(now)
    found = ((rule.name, engine.query(rule.query, now)) for rule in bundled_rules())
    return [{"rule": name, "alerts": len(alerts), "rows": alerts} for name, alerts in found]


def _rule(name: str, folder: Traversable) -> Rule:
    facts, query = yaml.safe_load(folder.joinpath("rule.yaml").read_text()), folder.joinpath("query.kql").read_text()
    types = (pattern for source in facts["sources"] for pattern in source.get("types", ()))
    parameters = {p: found[2] for p in facts.get("parameters", {}) if (found := _let(p).search(query))}
    same = tuple(facts["suppress"]["by"])
    return Rule(name, facts["name"], facts["severity"], query, tuple(types), parameters, same)


def _given(query: str, parameter: str, value: str) -> str:
    return _let(parameter).sub(lambda found: f"{found[1]}{value};", query, count=1)


def _let(parameter: str) -> "re.Pattern[str]":
    """The line that gives a parameter its value."""
    return re.compile(rf"^(let {re.escape(parameter)} = )(.+);$", re.MULTILINE)


def _fits(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)


def _folders(parent: Traversable) -> list[Traversable]:
    return sorted((entry for entry in parent.iterdir() if entry.is_dir()), key=lambda entry: entry.name)


def _watchlists(filled_in: Mapping[str, str]) -> list[Mapping[str, str]]:
    folder = bundled("detections/lookups")
    described = yaml.safe_load(folder.joinpath("lookups.yaml").read_text())
    rows: list[dict[str, str]] = []
    columns = [ALIAS]
    for name, entry in described.items():
        table = csv.DictReader((filled_in.get(name) or folder.joinpath(f"{name}.csv").read_text()).splitlines())
        rows += [{ALIAS: entry["watchlist"], **row} for row in table]
        columns += [column for column in table.fieldnames or () if column not in columns]
    return [{column: row.get(column) or "" for column in columns} for row in rows]
