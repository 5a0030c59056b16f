"""The command line's root."""

import sys

import typer

from forwarder import __version__
from forwarder.cli import archive, backfill, catalogue, check, config, dead_letters, demo, run, simulate
from forwarder.errors import Misconfigured

app = typer.Typer(
    name="claude-siem",
    help="Claude audit, compliance and usage events as OCSF in Splunk and Microsoft Sentinel, without losing one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("backfill")(backfill.backfill)
app.command("check")(check.check)
app.command("catalogue")(catalogue.catalogue)
app.add_typer(config.app, name="config")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(archive.app, name="archive")
app.command("simulate")(simulate.simulate)


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
