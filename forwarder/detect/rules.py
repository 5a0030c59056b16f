"""The bundled rules and what they read from: `detections/` as installed beside this package."""

import csv
import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import yaml

from forwarder.detect.engine import Engine
from forwarder.records import STREAMS, Stream


class Rule(NamedTuple):
    """One rule: its folder's name below `detections/`, its query, and what it looks at."""

    name: str
    query: str
    types: tuple[str, ...]
    """Patterns of the activity types it looks at; `!` takes some out again."""

    def looks_at(self, code: str) -> bool:
        """Whether events of the activity type `code` can move it."""
        wanted = [pattern for pattern in self.types if not pattern.startswith("!")]
        unwanted = [pattern[1:] for pattern in self.types if pattern.startswith("!")]
        return _fits(code, wanted) and not _fits(code, unwanted)


def bundled_rules() -> Iterator[Rule]:
    """Every rule, in the order of their names."""
    for family in _folders(files("detections")):
        for folder in _folders(family):
            if folder.joinpath("rule.yaml").is_file():
                yield _rule(f"{family.name}/{folder.name}", folder)


def base_functions(filled_in: Mapping[str, str] | None = None) -> list[str]:
    """The base functions and the watchlists, as commands that create them.

    `filled_in` gives the text of a lookup (`claude_calendar`) in place of the one that ships.
    """
    folder = files("detections").joinpath("base")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".kql"))
    return [_function(folder.joinpath(name)) for name in names] + [_watchlists(filled_in or {})]


def run_detections(rows: Mapping[Stream, Iterable[Mapping[str, Any]]], now: datetime) -> list[dict[str, Any]]:
    """Each rule's alerts over rows of the four tables at `now`: `{"rule", "alerts", "rows"}`."""
    engine = Engine(base_functions())
    for stream in STREAMS:
        engine.load(stream, rows.get(stream, ()))
    found = ((rule.name, engine.query(rule.query, now)) for rule in bundled_rules())
    return [{"rule": name, "alerts": len(alerts), "rows": alerts} for name, alerts in found]


def _rule(name: str, folder: Traversable) -> Rule:
    facts = yaml.safe_load(folder.joinpath("rule.yaml").read_text())
    types = (pattern for source in facts["sources"] for pattern in source.get("types", ()))
    return Rule(name, folder.joinpath("query.kql").read_text(), tuple(types))


def _fits(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)


def _folders(parent: Traversable) -> list[Traversable]:
    return sorted((entry for entry in parent.iterdir() if entry.is_dir()), key=lambda entry: entry.name)


def _function(file: Traversable) -> str:
    head, _, body = file.read_text().partition("\n")
    parameters = head.removeprefix("// parameters:").strip()
    return f".create-or-alter function {file.name.removesuffix('.kql')}({parameters}) {{ {body} }}"


def _watchlists(filled_in: Mapping[str, str]) -> str:
    """`_GetWatchlist(name)` over the lookups: one table of all, told apart by their alias."""
    folder = files("detections").joinpath("lookups")
    described = yaml.safe_load(folder.joinpath("lookups.yaml").read_text())
    rows: list[dict[str, str]] = []
    columns = ["_alias"]
    for name, entry in described.items():
        table = csv.DictReader((filled_in.get(name) or folder.joinpath(f"{name}.csv").read_text()).splitlines())
        rows += [{"_alias": entry["watchlist"], **row} for row in table]
        columns += [column for column in table.fieldnames or () if column not in columns]
    schema = ", ".join(f"{column}: string" for column in columns)
    cells = ", ".join(_literal(row.get(column) or "") for row in rows for column in columns)
    body = f"datatable({schema})[{cells}] | where _alias == alias"
    return f".create-or-alter function _GetWatchlist(alias: string) {{ {body} }}"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
