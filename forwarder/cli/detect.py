"""`claude-siem detect`: what the bundled rules would have said of an archive, before anybody switches them on."""

import fnmatch
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.cli.instants import instant
from forwarder.cli.screen import screen
from forwarder.detect import Alert, History, Rule, bundled_rules, history_events, library
from forwarder.errors import Misconfigured

ENTITIES = 3
"""Shown a rule; `--rows` shows every alert."""


def detect(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Archives (folders) or NDJSON files of events.")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--rule", help="Only rules of this name; * stands for anything.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="RULE.PARAMETER=VALUE", help="Another value, such as tokens/token-spike-user.sigma=4.0"
        ),
    ] = None,
    lookups: Annotated[
        Path | None, typer.Option(help="A folder with own lookups (claude_calendar.csv …) in place of those that ship.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", metavar="TIME", parser=instant, help="Judge from this day on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", metavar="TIME", parser=instant, help="Judge until this instant.")
    ] = None,
    all_rows: Annotated[
        bool, typer.Option("--rows", help="Every alert with its figures, a JSON object a line.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Run the rules over a history and show what would have fired: per rule and entity, with the parameters' values.

    Each rule is asked at the end of each day of the history, and looks back as it would in the SIEM. The history is
    judged as if every event had been collected when it happened.

    Exit code: 0, whatever fired; 2 for a file, rule or parameter that is none.
    """
    rules = _tuned(_chosen(only or ["*"]), values or [])
    history = History(library(_filled_in(lookups)), history_events(paths))
    moments = history.days(since, until)
    alerts = _asked(history, rules, moments, progress)
    if as_json:
        typer.echo(json.dumps(_summary(history, rules, moments, alerts), default=str))
    elif all_rows:
        for alert in alerts:
            typer.echo(json.dumps({"rule": alert.rule, "at": alert.at.isoformat(), **alert.row}, default=str))
    else:
        typer.echo(_text(history, rules, moments, alerts))


def _asked(history: History, rules: Sequence[Rule], moments: Sequence[datetime], progress: bool) -> list[Alert]:
    shown = screen(progress)
    found: list[Alert] = []
    try:
        for number, moment in enumerate(moments, start=1):
            found += history.alerts(rules, moment)
            shown.show({"days": (number, len(moments))})
    finally:
        shown.close()
    return found


def _chosen(patterns: Sequence[str]) -> list[Rule]:
    rules = list(bundled_rules())
    for pattern in patterns:
        if not fnmatch.filter([rule.name for rule in rules], pattern):
            raise Misconfigured(
                f"--rule {pattern}: no such rule; `claude-siem detect --help` and docs/detections name them"
            )
    return [rule for rule in rules if any(fnmatch.fnmatchcase(rule.name, pattern) for pattern in patterns)]


def _tuned(rules: Sequence[Rule], values: Sequence[str]) -> list[Rule]:
    """The rules with the values of `--set`."""
    given: dict[str, dict[str, str]] = {}
    for text in values:
        place, _, value = text.partition("=")
        rule, _, parameter = place.rpartition(".")
        known = next((held for held in rules if held.name == rule), None)
        if known is None or parameter not in known.parameters or not value:
            told = f"{rule} has {', '.join(known.parameters)}" if known else f"{rule or place} is no rule that is run"
            raise Misconfigured(f"--set {text}: RULE.PARAMETER=VALUE is expected; {told}")
        given.setdefault(rule, {})[parameter] = value
    return [rule.tuned(given.get(rule.name, {})) for rule in rules]


def _filled_in(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    found = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(folder.glob("claude_*.csv"))}
    if not found:
        raise Misconfigured(f"--lookups {folder}: no file claude_*.csv is there")
    return found


def _summary(
    history: History, rules: Sequence[Rule], moments: Sequence[datetime], alerts: Sequence[Alert]
) -> dict[str, Any]:
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    return {
        "events": history.events,
        "strangers": history.strangers,
        "days": len(moments),
        "from": history.first,
        "to": history.last,
        "rules": [
            {
                "rule": rule.name,
                "severity": rule.severity,
                "parameters": rule.parameters,
                "alerts": [{"at": alert.at, **alert.row} for alert in by_rule.get(rule.name, ())],
            }
            for rule in rules
        ],
    }


def _text(history: History, rules: Sequence[Rule], moments: Sequence[datetime], alerts: Sequence[Alert]) -> str:
    if history.first is None or history.last is None:
        return f"no event of the forwarder is in there{_others(history)}"
    counts = Counter(alert.rule for alert in alerts)
    quiet = [rule.name for rule in rules if not counts[rule.name]]
    lines = [
        f"{history.events:,} events from {history.first:%Y-%m-%d} to {history.last:%Y-%m-%d}, "
        f"judged at {len(moments)} moments{_others(history)}",
        "",
        f"{'rule':<42} {'severity':<14} {'alerts':>6}",
    ]
    for rule in rules:
        if counts[rule.name]:
            lines.append(f"{rule.name:<42} {rule.severity:<14} {counts[rule.name]:>6,}")
            lines.append(f"    {', '.join(f'{name} = {value}' for name, value in rule.parameters.items())}")
            lines += [f"    {line}" for line in _entities(rule, alerts)]
    return "\n".join([*lines, "", f"quiet: {', '.join(quiet) or 'none'}"])


def _others(history: History) -> str:
    return f"; {history.strangers:,} are not the forwarder's and were left out" if history.strangers else ""


def _entities(rule: Rule, alerts: Sequence[Alert]) -> list[str]:
    """Who or what it is about, most alerts first; a day is no entity."""
    named = [column for column in rule.same if column not in ("day", "night", "hour")] or list(rule.same)
    found = Counter(
        ", ".join(str(alert.row.get(column)) for column in named) for alert in alerts if alert.rule == rule.name
    )
    lines = [f"{count:,} × {entity}" for entity, count in found.most_common(ENTITIES)]
    return [*lines, f"and {len(found) - ENTITIES:,} more"] if len(found) > ENTITIES else lines
