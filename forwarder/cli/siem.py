"""What `claude-siem splunk` and `claude-siem sentinel` share: which sink, and how findings are told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import typer

from forwarder.errors import ForwarderError, Misconfigured
from forwarder.settings import Settings
from forwarder.siem.findings import Finding, wrong
from forwarder.sinks.sentinel import SentinelSettings
from forwarder.sinks.splunk import SplunkSettings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
_MARKS = {"ok": "ok  ", "warning": "warn", "fails": "FAIL"}
_TITLES = {SplunkSettings: "Splunk", SentinelSettings: "Sentinel"}
AnySiem = TypeVar("AnySiem", SplunkSettings, SentinelSettings)


def chosen_sink(settings: Settings, kind: type[AnySiem], name: str | None) -> tuple[str, AnySiem]:
    """The sink of this kind and name, or the only one of its kind. Raises `Misconfigured`."""
    title = _TITLES[kind]
    sinks = {key: sink for key, sink in settings.sinks.items() if isinstance(sink, kind)}
    names = ", ".join(sinks) or "none"
    if name is None and len(sinks) != 1:
        raise Misconfigured(f"--sink: name one of the {title} sinks; the settings have {names}")
    chosen_name = name or next(iter(sinks))
    if chosen_name not in sinks:
        raise Misconfigured(f"--sink {chosen_name}: no {title} sink has this name; the settings have {names}")
    return chosen_name, sinks[chosen_name]


def tell_findings(found: Iterator[Finding], first: str, as_json: bool) -> bool:
    """Print what is found; whether nothing fails. What keeps the questions from being asked is one finding, `first`."""
    findings = list(_whole(found, first))
    good = all(finding.level != "fails" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": good, "findings": [finding._asdict() for finding in findings]}))
    else:
        typer.echo("\n".join(line_of(finding) for finding in findings))
    return good


def line_of(finding: Finding) -> str:
    """A finding as a line."""
    return f"{_MARKS[finding.level]}  {finding.subject}: {finding.text}"


def _whole(found: Iterator[Finding], first: str) -> Iterator[Finding]:
    try:
        yield from found
    except ForwarderError as error:
        yield wrong(first, str(error))


@contextmanager
def told_in_a_line() -> Iterator[None]:
    """What keeps a command from its end is one line, and exit code 1."""
    try:
        yield
    except ForwarderError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
