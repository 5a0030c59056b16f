"""`claude-siem config`: starter file, JSON Schema for editors, and validation without network requests."""

import json

import typer

from forwarder.cli.options import ConfigFile
from forwarder.settings import Settings, load_settings, starter_file

app = typer.Typer(help="Create and validate the settings file.", no_args_is_help=True)


@app.command("init")
def init() -> None:
    """Print a commented starter file."""
    typer.echo(starter_file(), nl=False)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings file."""
    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))


@app.command("check")
def check(config: ConfigFile) -> None:
    """Validate a settings file. Exit code: 0 valid, 2 invalid (one message per error)."""
    settings = load_settings(config)
    typer.echo(f"{config}: valid; sinks: {', '.join(settings.enabled_sinks())}")
