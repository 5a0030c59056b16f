"""`claude-siem detect`: a backtest of the bundled rules on an archive, before they are enabled."""

import fnmatch
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.cli import terminal
from forwarder.cli.options import timestamp
from forwarder.cli.screen import screen
from forwarder.config.units import parse_duration
from forwarder.detect import Alert, Backtest, KqlRule, bundled_rules, history_events, library
from forwarder.errors import Misconfigured

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=1)
"""Between two runs."""
ENTITIES = 3
"""Entities shown per rule; `--rows` shows every alert."""


def detect(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Archives (folders) or NDJSON files of events.")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--rule", help="Only rules with this name; * matches any text.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="RULE.PARAMETER=VALUE", help="Set a parameter, such as tokens/token-spike-user.sigma=4.0"
        ),
    ] = None,
    lookups: Annotated[
        Path | None, typer.Option(help="Folder with your lookups (claude_calendar.csv …) in place of the bundled ones.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", metavar="TIME", parser=timestamp, help="First day of the backtest.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", metavar="TIME", parser=timestamp, help="End of the backtest.")
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="TIME", help="How often the rules run, such as 6h; 1h is as often as in a SIEM.")
    ] = "1d",
    all_rows: Annotated[
        bool, typer.Option("--rows", help="Print every alert with all its columns, one JSON object per line.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Run the rules over past events and show the alerts they would have raised, by rule and entity, with parameters.

    Each rule runs at the end of each day of the history, or as often as --every says, with the lookback that it has in
    the SIEM. Events count as arrived when they happened.

    Exit code: 0 with or without alerts, 2 for an invalid file, rule or parameter.
    """
    rules = _with_parameters(_selected(only or ["*"]), values or [])
    backtest = Backtest(library(_read_lookups(lookups)), history_events(paths), _interval(every))
    times = backtest.evaluation_times(since, until)
    alerts = _evaluate(backtest, rules, times, progress)
    if as_json:
        terminal.show_data(terminal.encoded(_summary(backtest, rules, times, alerts)))
    elif all_rows:
        for alert in alerts:
            terminal.show_data(terminal.encoded({"rule": alert.rule, "at": alert.at.isoformat(), **alert.row}))
    else:
        terminal.show(*_text(backtest, rules, times, alerts))


def _interval(text: str) -> timedelta:
    """How often rules run: an hour to a day."""
    try:
        every = timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise Misconfigured(f"--every {text}: {error}") from None
    if not SHORTEST <= every <= LONGEST:
        raise Misconfigured(f"--every {text}: rules run between once an hour (1h) and once a day (1d)")
    return every


def _evaluate(backtest: Backtest, rules: Sequence[KqlRule], times: Sequence[datetime], progress: bool) -> list[Alert]:
    display = screen(progress)
    alerts: list[Alert] = []
    try:
        for number, time in enumerate(times, start=1):
            alerts += backtest.alerts(rules, time)
            display.show({"runs": (number, len(times))})
    finally:
        display.close()
    return alerts


def _selected(patterns: Sequence[str]) -> list[KqlRule]:
    rules = list(bundled_rules())
    for pattern in patterns:
        if not fnmatch.filter([rule.name for rule in rules], pattern):
            raise Misconfigured(f"--rule {pattern}: no such rule; docs/detections lists the names")
    return [rule for rule in rules if any(fnmatch.fnmatchcase(rule.name, pattern) for pattern in patterns)]


def _with_parameters(rules: Sequence[KqlRule], values: Sequence[str]) -> list[KqlRule]:
    """The rules with the parameter values of `--set`."""
    by_rule: dict[str, dict[str, str]] = {}
    for text in values:
        path, _, value = text.partition("=")
        name, _, parameter = path.rpartition(".")
        rule = next((rule for rule in rules if rule.name == name), None)
        if rule is None or parameter not in rule.parameters or not value:
            cause = f"{name} has {', '.join(rule.parameters)}" if rule else f"{name or path} is not a selected rule"
            raise Misconfigured(f"--set {text}: expected RULE.PARAMETER=VALUE; {cause}")
        if problem := rule.problem_with(parameter, value):
            raise Misconfigured(f"--set {text}: {problem}")
        by_rule.setdefault(name, {})[parameter] = value
    return [rule.with_parameters(by_rule.get(rule.name, {})) for rule in rules]


def _read_lookups(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    found = {file.stem: file.read_text(encoding="utf-8-sig") for file in sorted(folder.glob("claude_*.csv"))}
    if not found:
        raise Misconfigured(f"--lookups {folder}: the folder has no file claude_*.csv")
    return found


def _summary(
    backtest: Backtest, rules: Sequence[KqlRule], times: Sequence[datetime], alerts: Sequence[Alert]
) -> dict[str, Any]:
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    return {
        "events": backtest.events,
        "skipped": backtest.skipped,
        "runs": len(times),
        "from": backtest.first,
        "to": backtest.last,
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


def _text(
    backtest: Backtest, rules: Sequence[KqlRule], times: Sequence[datetime], alerts: Sequence[Alert]
) -> list[str]:
    if backtest.first is None or backtest.last is None:
        return [f"no events of the forwarder found{_skipped(backtest)}"]
    counts = Counter(alert.rule for alert in alerts)
    without_alerts = [rule.name for rule in rules if not counts[rule.name]]
    lines = [
        f"{backtest.events:,} events from {backtest.first:%Y-%m-%d} to {backtest.last:%Y-%m-%d}, "
        f"{len(times)} runs of each rule{_skipped(backtest)}",
        "",
        f"{'rule':<42} {'severity':<14} {'alerts':>6}",
    ]
    for rule in rules:
        if counts[rule.name]:
            lines.append(f"{rule.name:<42} {rule.severity:<14} {counts[rule.name]:>6,}")
            lines.append(f"    {', '.join(f'{name} = {value}' for name, value in rule.parameters.items())}")
            lines += [f"    {line}" for line in _entities(rule, alerts)]
    return [*lines, "", f"no alerts: {', '.join(without_alerts) or 'none'}"]


def _skipped(backtest: Backtest) -> str:
    return f"; {backtest.skipped:,} events of other products skipped" if backtest.skipped else ""


def _entities(rule: KqlRule, alerts: Sequence[Alert]) -> list[str]:
    """The entities with the most alerts. Columns of time are not entities."""
    columns = [column for column in rule.suppress_by if column not in ("day", "night", "hour")]
    columns = columns or list(rule.suppress_by)
    entities = Counter(
        ", ".join(str(alert.row.get(column)) for column in columns) for alert in alerts if alert.rule == rule.name
    )
    lines = [f"{count:,} × {entity}" for entity, count in entities.most_common(ENTITIES)]
    return [*lines, f"and {len(entities) - ENTITIES:,} more"] if len(entities) > ENTITIES else lines
