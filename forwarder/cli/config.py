"""`claude-siem config`: starter file, JSON Schema for editors, and validation without network requests."""

import json

import typer

from forwarder.cli import terminal
from forwarder.cli.options import ConfigFile
from forwarder.settings import Settings, load_settings, starter_file

app = typer.Typer(help="Create and validate the settings file.", no_args_is_help=True)


@app.command("init")
def init() -> None:
    """Print a commented starter file."""
    terminal.show_data(starter_file())


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the settings file."""
    terminal.show_data(json.dumps(Settings.model_json_schema(), indent=2))


@app.command("check")
def check(config: ConfigFile) -> None:
    """Validate a settings file. Exit code: 0 valid, 2 invalid (one message per error)."""
    settings = load_settings(config)
    terminal.show(f"{config}: valid; sinks: {', '.join(settings.enabled_sinks())}")
