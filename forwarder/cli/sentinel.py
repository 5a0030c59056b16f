"""`claude-siem sentinel`: is a workspace ready for the events, write the files that make it so."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.azure.check import check as ask_everything
from forwarder.azure.connection import Azure
from forwarder.azure.package import Package, commands
from forwarder.cli.run import ConfigFile
from forwarder.cli.siem import AsJson, chosen_sink, tell_findings
from forwarder.config import SentinelSettings, load_settings

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
