"""The command line's root. A command's module is imported when it is asked for: `run` needs no simulator."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from forwarder import __version__
from forwarder.errors import Misconfigured

COMMANDS = (
    "demo",
    "run",
    "backfill",
    "check",
    "catalogue",
    "config",
    "dead-letters",
    "archive",
    "detect",
    "lookups",
    "splunk",
    "sentinel",
    "simulate",
)
"""Each a module of this package, with a function of its name or an `app` of several."""


class Commands(TyperGroup):
    """What is written here, and `COMMANDS`."""

    # Typer brings a copy of Click whose types are not public.
    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the help page."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """`None` for a name that is no command."""
        return _command(cmd_name) if cmd_name in COMMANDS else super().get_command(ctx, cmd_name)


def _command(name: str) -> Any:
    word = name.replace("-", "_")
    module = import_module(f"forwarder.cli.{word}")
    if hasattr(module, "app"):
        group = get_group(module.app)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(module, word))
    return get_command(alone)


app = typer.Typer(
    name="claude-siem",
    cls=Commands,
    help="Claude audit, compliance and usage events as OCSF in Splunk and Microsoft Sentinel, without losing one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def root() -> None:
    """Nothing of its own: without it typer would take `version` for the only command."""


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command; a wrong configuration is one message a fault and exit code 2, never a traceback."""
    try:
        app()
    except Misconfigured as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
