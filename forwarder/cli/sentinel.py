"""`claude-siem sentinel`: is a workspace ready for the events, write what makes it so, prove the rules there."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from forwarder.azure.check import check as ask_everything
from forwarder.azure.connection import Azure
from forwarder.azure.deployment import preview
from forwarder.azure.package import Package, commands
from forwarder.azure.verify import Verification
from forwarder.cli.options import ConfigFile
from forwarder.cli.proof_tables import lines_of, summary_of
from forwarder.cli.screen import screen
from forwarder.cli.siem import AsJson, chosen_sink, line_of, tell_findings, told_in_a_line
from forwarder.settings import load_settings
from forwarder.siem.findings import Finding
from forwarder.siem.stories import stories
from forwarder.sinks.sentinel import SentinelSettings

app = typer.Typer(help="Check, prepare and prove a Microsoft Sentinel workspace.", no_args_is_help=True)

SinkName = Annotated[str | None, typer.Option("--sink", help="Which Sentinel sink, where the settings have several.")]


@app.command("check")
def check(config: ConfigFile, sink: SinkName = None, as_json: AsJson = False) -> None:
    """Say in one line each what is there, what is missing and how to mend it. Changes nothing, sends nothing.

    Exit code: 0 nothing fails, 1 something does, 2 wrong configuration.
    """
    name, settings = chosen_sink(load_settings(config), SentinelSettings, sink)
    with Azure(name, settings) as azure:
        good = tell_findings(ask_everything(azure), "Azure", as_json)
    raise typer.Exit(0 if good else 1)


@app.command("package")
def package(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the files are written.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file: what it knows is filled in.")
    ] = None,
    sink: SinkName = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files of these names that differ.")] = False,
) -> None:
    """Write this version's solution for Microsoft Sentinel into a folder, and print how it is deployed. Asks nobody.

    Exit code: 0 written, 2 wrong configuration or a folder with something else in it.
    """
    settings = chosen_sink(load_settings(config), SentinelSettings, sink)[1] if config else None
    written = Package(output, settings).write(force)
    typer.echo(f"{written} files written to {output}\n")
    typer.echo("\n".join(commands(output, settings)))


@app.command("verify")
def verify(
    config: ConfigFile,
    sink: SinkName = None,
    only: Annotated[
        list[str] | None, typer.Option("--rule", help="Only rules of this name; * stands for anything.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long events may take until they can be queried.")
    ] = 900,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    as_json: AsJson = False,
    progress: Annotated[bool, typer.Option(help="Show progress.")] = True,
) -> None:
    """Prove the rules in this workspace: read by Azure, run over their stories by its own queries.

    Says first what a deployment of this version would change. Sends made-up events of April 2026 into the sink's own
    tables, which no rule looks back to, and changes nothing else.

    Exit code: 0 every story agreed, 1 one did not or could not be judged, 2 wrong configuration.
    """
    name, settings = chosen_sink(load_settings(config), SentinelSettings, sink)
    rules = stories().chosen(only or [])
    if as_json and not yes:
        raise typer.BadParameter("asks nothing, so it needs --yes", param_hint="--json")
    with Azure(name, settings) as azure, told_in_a_line():
        findings = list(_told_at_once(preview(azure), as_json))
        if not yes:
            _confirm(azure, rules)
        with closing(screen(progress)) as shown:
            report = Verification(azure, name, stories(), wait, shown.show).report(rules)
    good = report.good and all(finding.level != "fails" for finding in findings)
    if as_json:
        told = summary_of(report) | {"ok": good, "findings": [finding._asdict() for finding in findings]}
        typer.echo(json.dumps(told))
    else:
        typer.echo("\n".join(lines_of(report)))
    raise typer.Exit(0 if good else 1)


def _confirm(azure: Azure, rules: list[str]) -> None:
    """Ask before made-up rows stand beside real ones. Exit code 1 without a yes."""
    rows = sum(len(story.events) for rule in rules for story in stories().runnable(rule))
    told = f"{rows:,} made-up rows go into the tables of {azure.workspace.name}, and stay as long as others do. Go on?"
    typer.confirm(told, abort=True, err=True)


def _told_at_once(found: Iterator[Finding], as_json: bool) -> Iterator[Finding]:
    """The findings, each printed as it comes unless all is told as one object."""
    for finding in found:
        if not as_json:
            typer.echo(line_of(finding))
        yield finding
