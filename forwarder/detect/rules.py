"""The bundled rules and what they read from: the folder `detections/`."""

import csv
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from forwarder.bundled import RuleFolder, bundled, lookup_descriptions, lookup_text, rule_folders
from forwarder.detect.engine import MAX_LOOKBACK, Engine, Library
from forwarder.detect.functions import saved_functions
from forwarder.records import STREAMS, Stream

FRESH_PARAMETER = "fresh"
"""The parameter that says how long ago a new event may have arrived: a little more than the time between runs."""
_TIME_SPAN = re.compile(r"(?=\d*[1-9])(\d{1,5})([dhms])", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_PER_DAY = {"d": 1, "h": 24, "m": 1440, "s": 86400}


class KqlRule(NamedTuple):
    """One bundled rule of `detections/` with its KQL query."""

    name: str
    """Its folder below `detections/`: `keys/revoked-key-used`."""
    title: str
    severity: str
    query: str
    types: tuple[str, ...]
    """Patterns of the activity types that it reads; a pattern with `!` excludes types."""
    parameters: dict[str, str]
    """Value by name, as in the query."""
    suppress_by: tuple[str, ...]
    """The columns by which repeated alerts are suppressed."""

    def covers(self, code: str) -> bool:
        """Whether the rule reads events of the activity type `code`."""
        included = [pattern for pattern in self.types if not pattern.startswith("!")]
        excluded = [pattern[1:] for pattern in self.types if pattern.startswith("!")]
        return _matches(code, included) and not _matches(code, excluded)

    def problem_with(self, parameter: str, value: str) -> str | None:
        """Why a value cannot be given to a parameter in a backtest, with the fix; `None`: it can."""
        if parameter == FRESH_PARAMETER:
            return "a backtest sets this parameter itself, by --every; leave it out"
        span = _TIME_SPAN.fullmatch(self.parameters[parameter]) is not None
        if not (_TIME_SPAN if span else _NUMBER).fullmatch(value):
            kind = "a time span such as 12h or 3d" if span else "a number such as 5 or 2.5"
            return f"{value!r} is not {kind}; the default is {self.parameters[parameter]}"
        if parameter == "lookback" and _days(value) > _days(MAX_LOOKBACK):
            return f"Microsoft Sentinel lets a rule look back {MAX_LOOKBACK} at most"
        return None

    def with_parameters(self, values: Mapping[str, str]) -> "KqlRule":
        """The rule with other parameter values, written as KQL literals."""
        query = self.query
        for name, value in values.items():
            query = _with_value(query, name, value)
        return self._replace(query=query, parameters={**self.parameters, **values})


def bundled_rules() -> Iterator[KqlRule]:
    """All rules, sorted by name."""
    return map(_rule, rule_folders())


def library(filled_in: Mapping[str, str] | None = None) -> Library:
    """The base functions and the watchlists.

    `filled_in`: CSV text by lookup name (`claude_calendar`), in place of the bundled one.
    """
    functions = {function.name: function for function in saved_functions(bundled("detections/base"))}
    bases = {name: function for name, function in functions.items() if function.parameters.startswith("since:")}
    others = {name: function for name, function in functions.items() if name not in bases}
    return Library(bases, others, _watchlists(filled_in or {}))


def run_detections(rows: Mapping[Stream, Iterable[Mapping[str, Any]]], now: datetime) -> list[dict[str, Any]]:
    """The alerts of each rule over rows of the four tables at `now`: `{"rule", "alerts", "rows"}`."""
    engine = Engine(library())
    for stream in STREAMS:
        engine.load(stream, rows.get(stream, ()))
    engine.materialize(now)
    found = ((rule.name, engine.query(rule.query, now)) for rule in bundled_rules())
    return [{"rule": name, "alerts": len(alerts), "rows": alerts} for name, alerts in found]


def _rule(rule: RuleFolder) -> KqlRule:
    facts, query = rule.facts, rule.folder.joinpath("query.kql").read_text()
    types = (pattern for source in facts["sources"] for pattern in source.get("types", ()))
    parameters = {p: found[2] for p in facts.get("parameters", {}) if (found := _let(p).search(query))}
    suppress_by = tuple(facts["suppress"]["by"])
    return KqlRule(rule.name, facts["name"], facts["severity"], query, tuple(types), parameters, suppress_by)


def _with_value(query: str, parameter: str, value: str) -> str:
    return _let(parameter).sub(lambda found: f"{found[1]}{value};", query, count=1)


def _let(parameter: str) -> "re.Pattern[str]":
    """Matches the line that sets a parameter."""
    return re.compile(rf"^(let {re.escape(parameter)} = )(.+);$", re.MULTILINE)


def _days(span: str) -> float:
    number, unit = int(span[:-1]), span[-1]
    return number / _PER_DAY[unit]


def _matches(code: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(code, pattern) for pattern in patterns)


def _watchlists(filled_in: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Empty cells are empty texts."""
    return {
        entry["watchlist"]: [
            {column: value or "" for column, value in row.items()}
            for row in csv.DictReader((filled_in.get(name) or lookup_text(name)).splitlines())
        ]
        for name, entry in lookup_descriptions().items()
    }
