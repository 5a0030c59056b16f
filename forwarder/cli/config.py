"""`claude-siem config`: a starter file, a JSON Schema for editors, validation without any request."""

import json

import typer

from forwarder.cli.run import ConfigFile
from forwarder.settings import Settings, load_settings, starter_file

app = typer.Typer(help="Write, describe and validate the settings file.", no_args_is_help=True)


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
    """Validate a settings file; exit code 2 and one message a fault when it is wrong."""
    settings = load_settings(config)
    typer.echo(f"{config}: valid; sinks: {', '.join(settings.enabled_sinks())}")
