"""The root command. The module of a command is imported only when the command runs: `run` needs no simulator."""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from forwarder import __version__
from forwarder.cli import terminal
from forwarder.errors import ForwarderError, Misconfigured

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
"""Each is a module of this package, with a function of that name or an `app` with subcommands."""


class LazyCommands(TyperGroup):
    """The commands of this module and `COMMANDS`."""

    # Typer contains a copy of Click whose types are not public.
    def list_commands(self, ctx: Any) -> list[str]:
        """The command names in the order of the help page."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; `None` for an unknown name."""
        return _command(cmd_name) if cmd_name in COMMANDS else super().get_command(ctx, cmd_name)


def _command(name: str) -> Any:
    module_name = name.replace("-", "_")
    module = import_module(f"forwarder.cli.{module_name}")
    if hasattr(module, "app"):
        group = get_group(module.app)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(getattr(module, module_name))
    return get_command(single)


app = typer.Typer(
    name="claude-siem",
    cls=LazyCommands,
    help="Claude audit, compliance and usage events as OCSF in Splunk and Microsoft Sentinel, without losing one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        terminal.show(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Does nothing itself; its options are handled before a command is looked up."""


@app.command("version")
def version() -> None:
    """Print the version."""
    terminal.show(__version__)


def main() -> None:
    """Run the command. An invalid configuration is one message per error and exit code 2, never a traceback.

    Any other error that ends a command is a message and exit code 1; a fault of ours is a traceback.
    """
    terminal.filter_stderr()
    try:
        app()
    except ForwarderError as error:
        terminal.warn(*error.lines)
        sys.exit(2 if isinstance(error, Misconfigured) else 1)
    except Exception:
        terminal.show_crash()
        sys.exit(1)
